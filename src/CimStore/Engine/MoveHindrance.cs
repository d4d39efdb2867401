namespace CimStore.Engine;

/// <summary>What kept an object from being moved.</summary>
public enum MoveHindrance : byte
{
    None,

    /// <summary>No location of the tier that could take it answers, or the one that has it does not.</summary>
    LocationAway,

    /// <summary>The locations of the tier are filled to their limit.</summary>
    LocationFull,

    /// <summary>A location asked to be left alone for a while.</summary>
    LocationBusy,

    /// <summary>No location is bound to the tier, or none that may take it.</summary>
    NoLocation,

    RegionDenied,

    /// <summary>It was copied, and the old copy may not go yet: it is read, or the others do not answer.</summary>
    ReleaseGate,

    /// <summary>Bytes could not be read or written, or the outcome is not known.</summary>
    Failed,
}

namespace CimStore.Engine;

public enum MoveResult : byte
{
    Moved,

    /// <summary>It was there already.</summary>
    Unchanged,

    /// <summary>The object was deleted meanwhile.</summary>
    Gone,

    /// <summary>No location of the tier may take it; trying again helps when that changes.</summary>
    Refused,

    /// <summary>A location failed; it is tried again.</summary>
    Failed,
}

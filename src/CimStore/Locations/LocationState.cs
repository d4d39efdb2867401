namespace CimStore.Locations;

/// <summary>What the operator lets happen at a location.</summary>
public enum LocationState : byte
{
    Active = 0,

    /// <summary>Its copies are read and are being moved away; it gets nothing new.</summary>
    Draining = 1,

    /// <summary>It is gone for good: nothing is read there and nothing is written.</summary>
    Retired = 2,
}

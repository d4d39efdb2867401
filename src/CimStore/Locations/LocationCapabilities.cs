namespace CimStore.Locations;

/// <summary>What a location can do beyond keeping bytes (D2).</summary>
[Flags]
public enum LocationCapabilities
{
    None = 0,

    /// <summary>Parts of a copy are read without the whole.</summary>
    RangeReads = 1,

    /// <summary>It refuses by itself to remove what is locked (WORM).</summary>
    WriteOnce = 2,

    /// <summary>A copy has to be asked for, and waited for, before it can be read.</summary>
    NeedsRecall = 4,

    /// <summary>Copies are not removed one by one.</summary>
    AppendOnly = 8,
}

namespace CimStore.Content;

/// <summary>The two CAR formats.</summary>
public enum CarFormat
{
    /// <summary>A header and sections: can be written to a pipe.</summary>
    V1 = 1,

    /// <summary>A version 1 archive between a header and an index: needs one write at the beginning.</summary>
    V2 = 2,
}

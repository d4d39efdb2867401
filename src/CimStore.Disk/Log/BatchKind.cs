namespace CimStore.Disk.Log;

internal enum BatchKind : byte
{
    /// <summary>Records with new, consecutive LSNs.</summary>
    Records = 1,

    /// <summary>Records of older segments under their original LSNs.</summary>
    Relocation = 2,

    /// <summary>No records; says how far the log is durable.</summary>
    Mark = 3,

    /// <summary>No records; voids the end of the previous segment after a failed write or sync.</summary>
    Abandon = 4,
}

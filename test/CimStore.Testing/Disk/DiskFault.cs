namespace CimStore.Testing.Disk;

/// <summary>What goes wrong in one operation.</summary>
internal abstract record DiskFault
{
    private DiskFault()
    {
    }

    /// <summary>The operation fails and, but for a sync, did nothing.</summary>
    public sealed record Error(int Errno) : DiskFault;

    /// <summary>A write takes only so many bytes and says so.</summary>
    public sealed record Short(int Bytes) : DiskFault;

    /// <summary>A read gives back one wrong bit.</summary>
    public sealed record Flip(int Bit) : DiskFault;
}

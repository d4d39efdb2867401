namespace CimStore.Testing.Disk;

/// <summary>What goes wrong in one operation.</summary>
internal abstract record DiskFault
{
    private DiskFault()
    {
    }

    /// <summary>
    /// The operation fails and, but for a sync, did nothing. The fate says what a failed sync left on the platter.
    /// </summary>
    public sealed record Error(int Errno, int Fate = 0) : DiskFault;

    /// <summary>A write takes only so many bytes and says so.</summary>
    public sealed record Short(int Bytes) : DiskFault;

    /// <summary>A read gives back one wrong bit.</summary>
    public sealed record Flip(int Bit) : DiskFault;
}

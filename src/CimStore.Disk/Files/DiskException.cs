namespace CimStore.Disk.Files;

/// <summary>The disk refused or failed an operation. The message says what the caller knows afterwards.</summary>
internal sealed class DiskException(int errno, DiskOperation operation, string path)
    : IOException($"{operation} of {path} failed: {Files.Errno.Name(errno)}. {Known(operation)}")
{
    public int Errno { get; } = errno;

    public DiskOperation Operation { get; } = operation;

    public string Path { get; } = path;

    /// <summary>
    /// No room (or no quota): nothing is broken, and the same request may succeed once space is freed.
    /// </summary>
    public bool IsNoSpace => Errno is Files.Errno.NoSpace or Files.Errno.Quota;

    /// <summary>
    /// The device or the file system cannot give bytes that it holds: the kernel's words for a bad sector, a failed
    /// protection check and a checksum of the file system that does not fit.
    /// </summary>
    public bool IsMedium => Operation == DiskOperation.Read && Errno is Files.Errno.InputOutput
        or Files.Errno.NoData or Files.Errno.BadMessage or Files.Errno.IllegalSequence or Files.Errno.NeedsCleaning;

    public bool IsAbsent => Errno is Files.Errno.NoEntry;

    private static string Known(DiskOperation operation) => operation switch
    {
        DiskOperation.Write => "Some of the bytes may have been written; none is durable.",
        DiskOperation.SyncData or DiskOperation.Sync =>
            "What was written since the last sync may or may not be durable, and syncing again proves nothing.",
        DiskOperation.SyncDirectory => "Names made, changed or removed since the last sync may or may not be durable.",
        DiskOperation.Rename or DiskOperation.Unlink or DiskOperation.Create or DiskOperation.CreateDirectory =>
            "The directory is as it was.",
        DiskOperation.Allocate or DiskOperation.Truncate => "The file may have its old or its new length.",
        _ => "Nothing was changed.",
    };
}

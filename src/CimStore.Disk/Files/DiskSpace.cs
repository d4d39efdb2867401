namespace CimStore.Disk.Files;

/// <summary>Room on a file system. The type is the magic number <c>statfs</c> gives (ext4 is 0xEF53).</summary>
internal readonly record struct DiskSpace(long Type, long BytesTotal, long BytesFree, long NodesTotal, long NodesFree)
{
    private const long Tmpfs = 0x01021994;
    private const long Ramfs = 0x858458F6;
    private const long Overlay = 0x794C7630;
    private const long Nfs = 0x6969;
    private const long Smb2 = 0xFE534D42;
    private const long Cifs = 0xFF534D42;

    /// <summary>Where it lies, as the kernel counts devices: directories of one share its room.</summary>
    public ulong Device { get; init; }

    /// <summary>True when a completed sync on this kind of file system does not mean what we promise.</summary>
    public bool SyncIsDoubtful => Type is Tmpfs or Ramfs or Overlay or Nfs or Smb2 or Cifs;
}

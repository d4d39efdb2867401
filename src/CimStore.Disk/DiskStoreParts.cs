using CimStore.Disk.Files;
using CimStore.Disk.Log;

namespace CimStore.Disk;

/// <summary>
/// What tests put in the place of the machine: the disk, and where the index lives (always a real directory).
/// </summary>
internal sealed record DiskStoreParts(IDisk Disk, string? IndexDirectory, Action<LogOptions>? Configure)
{
    public static readonly DiskStoreParts Default = new(new PosixDisk(), null, null);
}

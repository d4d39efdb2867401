using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Journal;

namespace CimStore.Disk;

/// <summary>
/// What tests put in the place of the machine: the disk, and where the index lives (always a real directory).
/// </summary>
internal sealed record DiskStoreParts(IDisk Disk, string? IndexDirectory, Action<LogOptions>? Configure)
{
    /// <summary>A test that fills the memory of commands makes it small.</summary>
    public int CommandsMax { get; init; } = CommandRetention.CountMax;

    public static readonly DiskStoreParts Default = new(new PosixDisk(), null, null);
}

using CimStore.Disk.Files;

namespace CimStore.Disk.Compaction;

/// <summary>
/// How much of a segment may live for it to be emptied. Copies that are given up for want of space lie scattered, as
/// content is as old as it is used: on a disk with room they are left until a segment is mostly garbage, which costs
/// least to write; on a full one that would be never, and more and more copies would have to go.
/// </summary>
internal static class Thoroughness
{
    /// <summary>Well below the share from which the engine gives up copies.</summary>
    private const double FillShareMin = 0.85;

    /// <summary>At the worst 19 bytes are written to give one back.</summary>
    public const double LiveShareWhenShort = 0.95;

    public static bool IsShort(in DiskSpace space) =>
        space.BytesTotal > 0 && space.BytesTotal - space.BytesFree >= space.BytesTotal * FillShareMin;

    public static double LiveShareAt(in DiskSpace space, double otherwise) =>
        IsShort(space) ? Math.Max(otherwise, LiveShareWhenShort) : otherwise;
}

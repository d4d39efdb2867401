namespace CimStore.Disk.Cold;

/// <summary>The numbers of the stored form that <c>docs/formats/zstd-seekable.md</c> describes.</summary>
internal static class SeekableZstd
{
    /// <summary>Content per frame: any range up to this size touches at most two frames.</summary>
    public const int FrameSizeBytes = 1 << 20;

    /// <summary>No reader takes a larger frame; it bounds what a hostile table can make one allocate.</summary>
    public const int FrameSizeMaxBytes = 4 << 20;

    /// <summary>A writer's table is in memory until the end: 12 bytes x 2^20 = 12 MiB.</summary>
    public const int FramesMax = 1 << 20;

    /// <summary>2^20 frames x 1 MiB = 1 TiB; larger content is stored as it is.</summary>
    public const long ContentSizeMaxBytes = (long)FramesMax * FrameSizeBytes;

    public const int TableHeadBytes = 8;
    public const int TableFootBytes = 9;
    public const int EntryBytes = 12;

    /// <summary>4,096 entries x 12 bytes = 48 KiB: a page of the table stays off the large object heap.</summary>
    public const int EntriesPerPage = 4096;

    public const int PageBytes = EntriesPerPage * EntryBytes;

    public const uint FrameMagic = 0xFD2FB528;
    public const uint SkippableMagic = 0x184D2A5E;
    public const uint SeekableMagic = 0x8F92EAB1;

    /// <summary>Checksums are in the entries; nothing else is known of.</summary>
    public const byte TableDescriptor = 0x80;

    public const int ChecksumBytes = sizeof(uint);

    /// <returns>Of the whole skippable frame.</returns>
    public static long TableBytes(long frameCount) => TableHeadBytes + (frameCount * EntryBytes) + TableFootBytes;
}

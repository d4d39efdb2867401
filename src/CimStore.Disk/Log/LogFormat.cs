using System.Globalization;

namespace CimStore.Disk.Log;

/// <summary>The constants of <c>docs/formats/log.md</c>.</summary>
internal static class LogFormat
{
    public const ushort Version = 1;
    public const int BlockBytes = 4096;
    public const int BatchHeaderBytes = 128;
    public const int RecordHeadBytes = 32;
    public const int TableEntryBytes = 8;
    public const int RecordAlignment = 8;
    public const int KeyBytesMax = byte.MaxValue;
    public const int MetaBytesMax = ushort.MaxValue;

    public const string SegmentSuffix = ".seg";
    public const string EndSuffix = ".end";
    public const string FreeSuffix = ".free";

    /// <summary>What a record can cost beyond its key, meta and payload: head, table entry, padding.</summary>
    public const int RecordOverheadBytesMax = RecordHeadBytes + TableEntryBytes + RecordAlignment - 1;

    public static long AlignUp(long value, int alignment) => (value + alignment - 1) & -alignment;

    public static string SegmentName(ulong id) => $"{id:x16}{SegmentSuffix}";

    public static string EndName(ulong id) => $"{id:x16}{EndSuffix}";

    /// <returns>Whether the name is that of a segment: exactly what <see cref="SegmentName"/> gives.</returns>
    public static bool TryParseSegmentName(string name, out ulong id) =>
        ulong.TryParse(
            name.AsSpan(0, Math.Min(16, name.Length)), NumberStyles.AllowHexSpecifier, null, out id)
        && name == SegmentName(id);
}

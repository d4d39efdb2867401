using CimStore.Content;
using CimStore.Disk.Log;

namespace CimStore.Disk.Catalog;

/// <summary>How far the index has seen the log. Written together with what was seen, always.</summary>
/// <param name="ChainHead">The last entry's CID; null before the first.</param>
/// <param name="LastEntry">The last entry's LSN; 0 before the first.</param>
internal readonly record struct Progress(LogCursor Cursor, Cid? ChainHead, ulong LastEntry, StoreTotals Totals)
{
    public const byte Version = 4;
    public const int SizeBytesMax = 256;

    public static readonly Progress None = new(LogCursor.Origin, null, 0, default);

    public int Write(Span<byte> destination)
    {
        var writer = new PackedWriter(destination);
        writer.Byte(Version);
        Span<byte> cursor = stackalloc byte[LogCursor.SizeBytes];
        Cursor.Write(cursor);
        writer.Bytes(cursor);
        writer.Varint(LastEntry);
        writer.Varint((ulong)Totals.Objects);
        writer.Varint((ulong)Totals.LogicalBytes);
        writer.Varint((ulong)Totals.LiveBytes);
        writer.Varint((ulong)Totals.HeldBytes);
        writer.Byte(ChainHead is null ? (byte)0 : (byte)1);
        if (ChainHead is { } head)
        {
            writer.Cid(head);
        }

        return writer.Length;
    }

    /// <returns>Null when another version wrote it: the index is then made anew.</returns>
    public static Progress? Read(ReadOnlySpan<byte> source)
    {
        var reader = new PackedReader(source);
        if (reader.Byte() != Version)
        {
            return null;
        }

        var cursor = LogCursor.Read(reader.Take(LogCursor.SizeBytes));
        var lastEntry = reader.Varint();
        var totals = new StoreTotals(
            (long)reader.Varint(), (long)reader.Varint(), (long)reader.Varint(), (long)reader.Varint());
        return new Progress(cursor, reader.Byte() == 0 ? null : reader.Cid(), lastEntry, totals);
    }
}

using CimStore.Disk.Log;

namespace CimStore.Disk.Catalog;

/// <summary>
/// Where a journal record lies, and where the content that it admitted is. The LSN of that record is the incarnation of
/// the copy, so this one value answers both "give me entry n" and "give me the bytes of this copy".
/// </summary>
/// <param name="FrontBytes">Head, key and meta of the record: its payload follows them.</param>
internal readonly record struct Place(PlaceKind Kind, LogPosition Position, int FrontBytes, Guid LargeId)
{
    public const int SizeBytesMax = 48;

    public int PayloadBytes => Position.LengthBytes - FrontBytes;

    public static Place Of(in LogRecord record, PlaceKind kind) => new(
        kind,
        record.Position,
        LogFormat.RecordHeadBytes + record.Key.Length + record.Meta.Length,
        kind == PlaceKind.Large ? new Guid(record.Key.Span, bigEndian: true) : Guid.Empty);

    public void Write(ref PackedWriter writer)
    {
        writer.Byte((byte)Kind);
        writer.Varint(Position.Segment);
        writer.Varint(Position.Offset);
        writer.Varint((ulong)FrontBytes);
        writer.Varint((ulong)PayloadBytes);
        if (Kind == PlaceKind.Large)
        {
            Span<byte> id = stackalloc byte[16];
            LargeId.TryWriteBytes(id, bigEndian: true, out _);
            writer.Bytes(id);
        }
    }

    public static Place Read(ref PackedReader reader)
    {
        var kind = (PlaceKind)reader.Byte();
        var (segment, offset) = (reader.Varint(), (uint)reader.Varint());
        var (front, payload) = ((int)reader.Varint(), (int)reader.Varint());
        var large = kind == PlaceKind.Large ? new Guid(reader.Take(16), bigEndian: true) : Guid.Empty;
        return new Place(kind, new LogPosition(segment, offset, front + payload), front, large);
    }
}

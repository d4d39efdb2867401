using System.Buffers.Binary;
using CimStore.Disk.Log;

namespace CimStore.Disk.Pool;

/// <summary>
/// The check behind each cell: of its bytes and of where they belong, so that a cell of another copy, shard or stripe
/// is as wrong as a flipped bit.
/// </summary>
internal static class CellCheck
{
    public const byte OfContent = 0;
    public const byte OfTree = 1;

    private const int PlaceBytes = 18;

    public static void Write(Span<byte> cellAndCheck, ulong incarnation, int index, byte stream, long stripe)
    {
        var cell = cellAndCheck[..^StripeLayout.CheckBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(
            cellAndCheck[^StripeLayout.CheckBytes..], Of(cell, incarnation, index, stream, stripe));
    }

    public static bool IsRight(
        ReadOnlySpan<byte> cellAndCheck, ulong incarnation, int index, byte stream, long stripe) =>
        BinaryPrimitives.ReadUInt32LittleEndian(cellAndCheck[^StripeLayout.CheckBytes..])
        == Of(cellAndCheck[..^StripeLayout.CheckBytes], incarnation, index, stream, stripe);

    private static uint Of(ReadOnlySpan<byte> cell, ulong incarnation, int index, byte stream, long stripe)
    {
        Span<byte> place = stackalloc byte[PlaceBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(place, incarnation);
        BinaryPrimitives.WriteInt64LittleEndian(place[8..], stripe);
        place[16] = stream;
        place[17] = (byte)index;
        return Crc32C.Of(cell) ^ Crc32C.Of(place);
    }
}

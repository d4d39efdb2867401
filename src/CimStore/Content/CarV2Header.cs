using System.Buffers.Binary;

namespace CimStore.Content;

/// <summary>What the fixed header of a CARv2 says, 40 bytes after its pragma of 11.</summary>
/// <param name="IsFullyIndexed">The index knows every section, also those with identity CIDs.</param>
/// <param name="DataOffset">Where the CARv1 begins.</param>
/// <param name="DataSizeBytes">How long the CARv1 is.</param>
/// <param name="IndexOffset">Where the index begins, or 0 when there is none.</param>
public readonly record struct CarV2Header(bool IsFullyIndexed, long DataOffset, long DataSizeBytes, long IndexOffset)
{
    public const int PragmaSizeBytes = 11;
    public const int SizeBytes = 40;
    public const int HeadSizeBytes = PragmaSizeBytes + SizeBytes;

    private const byte FullyIndexed = 0x80;

    /// <summary>A CARv1 header with nothing but version 2, which readers of version 1 refuse politely.</summary>
    internal static ReadOnlySpan<byte> Pragma =>
        [0x0a, 0xa1, 0x67, (byte)'v', (byte)'e', (byte)'r', (byte)'s', (byte)'i', (byte)'o', (byte)'n', 0x02];

    internal void Write(Span<byte> destination)
    {
        destination[..16].Clear();
        destination[0] = IsFullyIndexed ? FullyIndexed : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], DataOffset);
        BinaryPrimitives.WriteInt64LittleEndian(destination[24..], DataSizeBytes);
        BinaryPrimitives.WriteInt64LittleEndian(destination[32..], IndexOffset);
    }

    /// <summary>Reads and checks that the parts follow each other; other characteristics are ignored.</summary>
    internal static CarV2Header Read(ReadOnlySpan<byte> source)
    {
        var header = new CarV2Header(
            (source[0] & FullyIndexed) != 0,
            BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]));
        if (header.DataOffset < HeadSizeBytes)
        {
            throw Refuse(16, $"the data begins at {header.DataOffset}, inside the header");
        }

        if (header.DataSizeBytes <= 0 || header.DataSizeBytes > long.MaxValue - header.DataOffset)
        {
            throw Refuse(24, $"the data has {header.DataSizeBytes} bytes");
        }

        return header.IndexOffset == 0 || header.IndexOffset >= header.DataOffset + header.DataSizeBytes
            ? header
            : throw Refuse(32, $"the index begins at {header.IndexOffset}, before the data ends");
    }

    private static ContentFormatException Refuse(int at, string problem) => new("CARv2", PragmaSizeBytes + at, problem);
}

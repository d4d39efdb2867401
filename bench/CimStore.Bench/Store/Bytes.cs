using System.Buffers.Binary;

namespace CimStore.Bench.Store;

/// <summary>Incompressible bytes that never repeat between objects.</summary>
internal static class Bytes
{
    private const int StampSizeBytes = 16;

    public static byte[] Random(int sizeBytes, int seed)
    {
        var bytes = new byte[sizeBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static void Stamp(Span<byte> content, long seed, long index)
    {
        if (content.Length >= StampSizeBytes)
        {
            BinaryPrimitives.WriteInt64LittleEndian(content, seed);
            BinaryPrimitives.WriteInt64LittleEndian(content[8..], index);
        }
    }
}

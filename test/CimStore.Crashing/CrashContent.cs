using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CimStore.Content;

namespace CimStore.Crashing;

/// <summary>Contents that nobody else makes: their number is in them, but for those too small to hold one.</summary>
internal static class CrashContent
{
    private const int StampBytes = 16;

    public static byte[] Make(long seed, long number, int size)
    {
        var bytes = new byte[size];
        var state = (ulong)seed * 0x9E3779B97F4A7C15 ^ (ulong)number;
        foreach (ref var word in MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan()))
        {
            // SplitMix64: the contents of a run are a gigabyte, and a seeded System.Random is ten times slower.
            state += 0x9E3779B97F4A7C15;
            var mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            word = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        }

        if (size >= StampBytes)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, seed);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), number);
        }

        return bytes;
    }

    /// <summary>Whether no other content can have the same bytes.</summary>
    public static bool IsUnique(int size) => size >= StampBytes;

    public static Cid CidOf(ReadOnlySpan<byte> content)
    {
        Span<byte> digest = stackalloc byte[32];
        Blake3.Hash(content, digest);
        return Cid.ForRaw(digest);
    }
}

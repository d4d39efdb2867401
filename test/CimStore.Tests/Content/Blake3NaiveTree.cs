using CimStore.Content;

namespace CimStore.Tests.Content;

/// <summary>
/// The outboard as its format document defines it: a recursion over halves, one scalar compression at a time. Slow and
/// plain, so that a reader can check it against the words.
/// </summary>
internal static unsafe class Blake3NaiveTree
{
    public static List<byte> Nodes(ReadOnlySpan<byte> content)
    {
        var nodes = new List<byte>();
        Value(content, 0, nodes);
        return nodes;
    }

    private static byte[] Value(ReadOnlySpan<byte> content, long offset, List<byte>? nodes)
    {
        if (content.Length <= 1024)
        {
            return Chunk(content, (ulong)offset / 1024);
        }

        var left = 1024;
        while (left * 2 < content.Length)
        {
            left *= 2;
        }

        var inner = content.Length > Blake3Outboard.GroupSizeBytes ? nodes : null;
        byte[] pair = [.. Value(content[..left], offset, inner), .. Value(content[left..], offset + left, inner)];
        inner?.AddRange(pair);
        return Compress(Blake3Words.Iv, pair, 0, Blake3Words.Parent);
    }

    private static byte[] Chunk(ReadOnlySpan<byte> content, ulong counter)
    {
        Span<uint> cv = stackalloc uint[8];
        Blake3Words.Iv.CopyTo(cv);
        var flags = Blake3Words.ChunkStart;
        while (content.Length > 64)
        {
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(Compress(cv, content[..64], counter, flags))
                .CopyTo(cv);
            content = content[64..];
            flags = 0;
        }

        return Compress(cv, content, counter, flags | Blake3Words.ChunkEnd);
    }

    private static byte[] Compress(ReadOnlySpan<uint> cv, ReadOnlySpan<byte> block, ulong counter, uint flags)
    {
        Span<byte> padded = stackalloc byte[64];
        padded.Clear();
        block.CopyTo(padded);
        var output = new byte[64];
        fixed (uint* key = cv)
        fixed (byte* message = padded)
        fixed (byte* words = output)
        {
            Blake3Compression.Compress(
                Blake3Path.Scalar, key, message, (uint)block.Length, counter, flags, (uint*)words);
        }

        return output[..32];
    }
}

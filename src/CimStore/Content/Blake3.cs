using System.Buffers;

namespace CimStore.Content;

/// <summary>BLAKE3 over bytes in memory. See <see cref="Blake3Hasher"/> for bytes that arrive.</summary>
public static unsafe class Blake3
{
    /// <summary>The size of a digest. An output may be longer or shorter; it then extends or cuts the digest.</summary>
    public const int HashSizeBytes = 32;

    public const int KeySizeBytes = 32;

    // Contents handled at a time: their addresses lie on the stack.
    private const int ManyMax = 256;

    public static void Hash(ReadOnlySpan<byte> content, Span<byte> output) =>
        Hash(Blake3Mode.Plain(Blake3Paths.Best), content, output);

    /// <summary>A keyed hash: a message authentication code under a key of 32 bytes.</summary>
    public static void KeyedHash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> content, Span<byte> output) =>
        Hash(Blake3Mode.Keyed(key, Blake3Paths.Best), content, output);

    /// <summary>Derives a key. The context is a constant of the program, unique to one use; never input.</summary>
    public static void DeriveKey(string context, ReadOnlySpan<byte> material, Span<byte> output) =>
        Hash(Blake3Mode.DeriveKey(context, Blake3Paths.Best), material, output);

    /// <summary>
    /// Hashes many contents that lie one after another, 32 bytes of output each. Small contents share the lanes of a
    /// vector: sixteen of 4 KiB take a quarter of the time of sixteen calls.
    /// </summary>
    /// <param name="contents">The contents without gaps; as long as the sum of the sizes.</param>
    /// <param name="sizes">The size of each content in bytes.</param>
    /// <param name="digests">32 bytes for each content, in the same order.</param>
    public static void HashMany(ReadOnlySpan<byte> contents, ReadOnlySpan<int> sizes, Span<byte> digests) =>
        HashMany(Blake3Mode.Plain(Blake3Paths.Best), contents, sizes, digests);

    /// <summary>The same for contents that lie apart.</summary>
    public static void HashMany(ReadOnlySpan<ReadOnlyMemory<byte>> contents, Span<byte> digests) =>
        HashMany(Blake3Mode.Plain(Blake3Paths.Best), contents, digests);

    internal static void HashMany(
        in Blake3Mode mode, ReadOnlySpan<byte> contents, ReadOnlySpan<int> sizes, Span<byte> digests)
    {
        CheckDigests(sizes.Length, digests);
        var inputs = stackalloc byte*[ManyMax];
        fixed (byte* start = contents)
        fixed (byte* output = digests)
        fixed (int* lengths = sizes)
        {
            var offset = 0;
            for (var first = 0; first < sizes.Length; first += ManyMax)
            {
                var count = Math.Min(ManyMax, sizes.Length - first);
                for (var index = 0; index < count; index++)
                {
                    // Slicing checks the size against the bytes there are.
                    _ = contents.Slice(offset, lengths[first + index]);
                    inputs[index] = start + offset;
                    offset += lengths[first + index];
                }

                new Blake3Many(mode, inputs, lengths + first, output + ((long)first * HashSizeBytes)).Run(count);
            }
        }
    }

    internal static void HashMany(in Blake3Mode mode, ReadOnlySpan<ReadOnlyMemory<byte>> contents, Span<byte> digests)
    {
        CheckDigests(contents.Length, digests);
        var inputs = stackalloc byte*[ManyMax];
        var lengths = stackalloc int[ManyMax];
        var pins = new MemoryHandle[Math.Min(ManyMax, contents.Length)];
        for (; !contents.IsEmpty; contents = contents[Math.Min(ManyMax, contents.Length)..])
        {
            var count = Math.Min(ManyMax, contents.Length);
            try
            {
                for (var index = 0; index < count; index++)
                {
                    pins[index] = contents[index].Pin();
                    inputs[index] = (byte*)pins[index].Pointer;
                    lengths[index] = contents[index].Length;
                }

                fixed (byte* output = digests)
                {
                    new Blake3Many(mode, inputs, lengths, output).Run(count);
                }
            }
            finally
            {
                Unpin(pins);
            }

            digests = digests[(count * HashSizeBytes)..];
        }
    }

    internal static void Hash(in Blake3Mode mode, ReadOnlySpan<byte> content, Span<byte> output)
    {
        Blake3Root root;
        fixed (byte* input = content)
        {
            if (content.Length <= Blake3Subtree.ChunksMax * Blake3Words.ChunkSizeBytes)
            {
                Blake3Subtree.Root(mode, input, content.Length, out root);
            }
            else
            {
                HashLarge(mode, input, content.Length, out root);
            }
        }

        root.Write(0, output);
    }

    private static void CheckDigests(int count, Span<byte> digests)
    {
        if (digests.Length != (long)count * HashSizeBytes)
        {
            throw new ArgumentException($"{count} digests do not fit {digests.Length} bytes.", nameof(digests));
        }
    }

    private static void Unpin(Span<MemoryHandle> pins)
    {
        foreach (ref var pin in pins)
        {
            pin.Dispose();
        }
    }

    private static void HashLarge(in Blake3Mode mode, byte* input, int length, out Blake3Root root)
    {
        var tree = new Blake3Tree(mode, null);
        const int Step = Blake3Subtree.ChunksMax * Blake3Words.ChunkSizeBytes;
        for (; length > Step; length -= Step)
        {
            tree.Add(input, Blake3Subtree.ChunksMax);
            input += Step;
        }

        tree.Finish(input, length, out root);
    }
}

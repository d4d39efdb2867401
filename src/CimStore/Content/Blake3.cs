namespace CimStore.Content;

/// <summary>BLAKE3 over bytes in memory. See <see cref="Blake3Hasher"/> for bytes that arrive.</summary>
public static unsafe class Blake3
{
    /// <summary>The size of a digest. An output may be longer or shorter; it then extends or cuts the digest.</summary>
    public const int HashSizeBytes = 32;

    public const int KeySizeBytes = 32;

    public static void Hash(ReadOnlySpan<byte> content, Span<byte> output) =>
        Hash(Blake3Mode.Plain(Blake3Paths.Best), content, output);

    /// <summary>A keyed hash: a message authentication code under a key of 32 bytes.</summary>
    public static void KeyedHash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> content, Span<byte> output) =>
        Hash(Blake3Mode.Keyed(key, Blake3Paths.Best), content, output);

    /// <summary>Derives a key. The context is a constant of the program, unique to one use; never input.</summary>
    public static void DeriveKey(string context, ReadOnlySpan<byte> material, Span<byte> output) =>
        Hash(Blake3Mode.DeriveKey(context, Blake3Paths.Best), material, output);

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

namespace CimStore.Content;

/// <summary>The shape of a BLAKE3 tree kept beside its content: docs/formats/blake3-outboard.md.</summary>
public static class Blake3Outboard
{
    /// <summary>The bytes that are proved together: 16 chunks of 1 KiB.</summary>
    public const int GroupSizeBytes = 16 * 1024;

    /// <summary>A node is the chaining values of its left and its right child.</summary>
    public const int NodeSizeBytes = 64;

    internal const int GroupChunks = 16;
    internal const int GroupLevel = 4;
}

using System.Buffers;

namespace CimStore.Content;

/// <summary>
/// Hashes a content once while it flows and writes the nodes of its tree as they complete, in post-order. Memory is
/// bounded: 16 KiB and one value for each level. Nodes arrive during <see cref="Update"/>, at most 64 bytes for each
/// 16 KiB of content, so whoever owns the writer drains it between updates.
/// </summary>
public sealed class Blake3OutboardBuilder
{
    private readonly Blake3Hasher _hasher;
    private bool _isFinished;

    /// <param name="nodes">Receives the outboard: <see cref="Blake3Outboard.SizeBytes"/> bytes in all.</param>
    public Blake3OutboardBuilder(IBufferWriter<byte> nodes)
        : this(Blake3Paths.Best, nodes)
    {
    }

    internal Blake3OutboardBuilder(Blake3Path path, IBufferWriter<byte> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        _hasher = new Blake3Hasher(Blake3Mode.Plain(path), nodes);
    }

    /// <summary>Bytes given so far.</summary>
    public long Length => _hasher.Length;

    public void Update(ReadOnlySpan<byte> content)
    {
        ThrowIfFinished();
        _hasher.Update(content);
    }

    /// <summary>
    /// Writes the last nodes, and the root: the plain BLAKE3 hash of the content. Once only, because the nodes of the
    /// right edge are written here.
    /// </summary>
    public void Finish(Span<byte> root)
    {
        ThrowIfFinished();
        ArgumentOutOfRangeException.ThrowIfNotEqual(root.Length, Blake3.HashSizeBytes);
        _isFinished = true;
        _hasher.Finish(root);
    }

    /// <summary>Begins another content, whose nodes follow in the same writer.</summary>
    public void Reset()
    {
        _hasher.Reset();
        _isFinished = false;
    }

    private void ThrowIfFinished()
    {
        if (_isFinished)
        {
            throw new InvalidOperationException("This outboard is finished; Reset begins another.");
        }
    }
}

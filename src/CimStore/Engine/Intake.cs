using System.Buffers;
using System.Security.Cryptography;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>
/// Hashes large content while it flows into a staging place, together with its tree. Gathers 1 MiB before it hashes and
/// writes: BLAKE3 is at its fastest there, and the location gets few large writes. Memory: 1 MiB and the nodes of it.
/// </summary>
internal sealed class Intake : IDisposable
{
    private const int BlockSizeBytes = 1 << 20;

    private readonly IStagedContent _staged;
    private readonly ArrayBufferWriter<byte> _nodes = new();
    private readonly Blake3OutboardBuilder _tree;
    private readonly IncrementalHash? _sha256;
    private readonly byte[] _block = ArrayPool<byte>.Shared.Rent(BlockSizeBytes);
    private int _filled;

    public Intake(IStagedContent staged, bool withSha256)
    {
        _staged = staged;
        _tree = new Blake3OutboardBuilder(_nodes);
        _sha256 = withSha256 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    }

    public long SizeBytes => _tree.Length + _filled;

    public async ValueTask WriteAsync(ReadOnlySequence<byte> content, CancellationToken cancellationToken)
    {
        while (!content.IsEmpty)
        {
            if (_filled == 0 && content.First.Length >= BlockSizeBytes)
            {
                await TakeAsync(content.First[..BlockSizeBytes], cancellationToken);
                content = content.Slice(BlockSizeBytes);
                continue;
            }

            var size = (int)Math.Min(content.Length, BlockSizeBytes - _filled);
            content.Slice(0, size).CopyTo(_block.AsSpan(_filled));
            content = content.Slice(size);
            _filled += size;
            if (_filled == BlockSizeBytes)
            {
                await FlushAsync(cancellationToken);
            }
        }
    }

    public async ValueTask<(byte[] Blake3, byte[] Sha256)> FinishAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        var root = new byte[Blake3.HashSizeBytes];
        _tree.Finish(root);
        await FlushNodesAsync(cancellationToken);
        return (root, _sha256?.GetHashAndReset() ?? []);
    }

    public void Dispose()
    {
        _sha256?.Dispose();
        ArrayPool<byte>.Shared.Return(_block);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_filled == 0)
        {
            return;
        }

        var block = _block.AsMemory(0, _filled);
        _filled = 0;
        await TakeAsync(block, cancellationToken);
    }

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> block, CancellationToken cancellationToken)
    {
        _tree.Update(block.Span);
        _sha256?.AppendData(block.Span);
        await _staged.WriteAsync(block, cancellationToken);
        await FlushNodesAsync(cancellationToken);
    }

    private async ValueTask FlushNodesAsync(CancellationToken cancellationToken)
    {
        if (_nodes.WrittenCount > 0)
        {
            await _staged.WriteTreeAsync(_nodes.WrittenMemory, cancellationToken);
            _nodes.ResetWrittenCount();
        }
    }
}

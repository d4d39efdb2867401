using System.Buffers;
using CimStore.Locations;

namespace CimStore.Testing.Memory;

internal sealed class MemoryStagedContent : IStagedContent
{
    private readonly ArrayBufferWriter<byte> _content = new();
    private readonly ArrayBufferWriter<byte> _tree = new();
    private bool _sealed;

    public byte[] Content => _sealed ? _content.WrittenSpan.ToArray() : throw NotSealed();

    public byte[] Tree => _sealed ? _tree.WrittenSpan.ToArray() : throw NotSealed();

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _content.Write(bytes.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _tree.Write(nodes.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask<SealedCopy> SealAsync(CopyManifest manifest, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (manifest.SizeBytes != _content.WrittenCount)
        {
            throw new ArgumentException($"{_content.WrittenCount} bytes were written, not {manifest.SizeBytes}.");
        }

        _sealed = true;
        return ValueTask.FromResult(new SealedCopy(0, 1, manifest.Header, true));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static InvalidOperationException NotSealed() => new("Content is admitted once it is sealed.");
}

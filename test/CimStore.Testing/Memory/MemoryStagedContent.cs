using System.Buffers;
using CimStore.Locations;

namespace CimStore.Testing.Memory;

/// <summary>Given to the keeper when it is sealed; without one it waits for its entry in the journal.</summary>
internal sealed class MemoryStagedContent(Func<MemoryStagedContent, CopyManifest, SealedCopy>? keep = null)
    : IStagedContent
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
        var size = manifest.StoredBytes ?? manifest.SizeBytes;
        if (size != _content.WrittenCount)
        {
            throw new ArgumentException($"{_content.WrittenCount} bytes were written, not {size}.");
        }

        _sealed = true;
        return ValueTask.FromResult(keep?.Invoke(this, manifest) ?? new SealedCopy(0, 1, manifest.Header, true));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static InvalidOperationException NotSealed() => new("Content is admitted once it is sealed.");
}

using CimStore.Locations;

namespace CimStore.Nats.Locations;

/// <summary>A copy on its way into JetStream: in memory while it may be a value, an object from there on.</summary>
internal sealed class JetStreamStagedContent(JetStreamLocation location, int valueMaxBytes) : IStagedContent
{
    private readonly StagedBytes _content = new(Math.Max(1, valueMaxBytes));
    private readonly StagedBytes _tree = new(Math.Max(1, valueMaxBytes));
    private IStagedContent? _object;
    private bool _isClosed;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        WriteAsync(bytes, isTree: false, cancellationToken);

    public ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken) =>
        WriteAsync(nodes, isTree: true, cancellationToken);

    public async ValueTask<SealedCopy> SealAsync(CopyManifest manifest, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        StagedSize.Require(manifest, SizeBytes);
        if (_object is null && manifest.SizeBytes <= valueMaxBytes)
        {
            await using var value = await location.Values.StageAsync(_content.SizeBytes, cancellationToken);
            await value.WriteAsync(_content.Written, cancellationToken);
            await value.WriteTreeAsync(_tree.Written, cancellationToken);
            return JetStreamLocation.OfValue(await value.SealAsync(manifest, cancellationToken));
        }

        // Also what compression made small enough for a value: its ranges are proved by a tree.
        var large = await ObjectAsync(cancellationToken);
        return JetStreamLocation.OfObject(await large.SealAsync(manifest, cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _content.Dispose();
        _tree.Dispose();
        await (_object?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private long SizeBytes { get; set; }

    private async ValueTask WriteAsync(
        ReadOnlyMemory<byte> bytes, bool isTree, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        cancellationToken.ThrowIfCancellationRequested();
        SizeBytes += isTree ? 0 : bytes.Length;
        if (_object is null && (isTree ? _tree : _content).TryWrite(bytes.Span))
        {
            return;
        }

        var large = await ObjectAsync(cancellationToken);
        await (isTree
            ? large.WriteTreeAsync(bytes, cancellationToken) : large.WriteAsync(bytes, cancellationToken));
    }

    private async ValueTask<IStagedContent> ObjectAsync(CancellationToken cancellationToken)
    {
        if (_object is null)
        {
            _object = await location.Objects.StageAsync(null, cancellationToken);
            await _object.WriteAsync(_content.Written, cancellationToken);
            await _object.WriteTreeAsync(_tree.Written, cancellationToken);
        }

        return _object;
    }
}

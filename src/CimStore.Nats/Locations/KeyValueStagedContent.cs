using CimStore.Locations;
using NATS.Client.Core;

namespace CimStore.Nats.Locations;

/// <summary>A copy on its way into a KV bucket: in memory until its one message is sent.</summary>
internal sealed class KeyValueStagedContent(
    KeyValueLocation location, BucketLocationOptions options, BucketStream bucket, TimeProvider time)
    : IStagedContent
{
    private readonly StagedBytes _content = new(location.ContentMaxBytes);
    private readonly StagedBytes _tree = new(location.ContentMaxBytes);

    // A send that failed may read the bytes yet: then they are not given back to whoever rents them next.
    private bool _isSending;
    private bool _isClosed;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        Write(_content, bytes, cancellationToken);

    public ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken) =>
        Write(_tree, nodes, cancellationToken);

    public async ValueTask<SealedCopy> SealAsync(CopyManifest manifest, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        cancellationToken.ThrowIfCancellationRequested();
        StagedSize.Require(manifest, _content.SizeBytes);
        _isSending = true;
        var put = Nuid.NewNuid();
        var text = CopyMetadata.Write(manifest, time.GetUtcNow());
        text[KeyValueLocation.PutKey] = put;
        text[ChunkCheck.Header] = ChunkCheck.Of(put, 0, _content.Written.Span);
        if (manifest.SizeBytes > location.InlineSizeMaxBytes)
        {
            text[KeyValueLocation.TreeKey] = await PutTreeAsync(manifest, put);
        }

        var body = _content.Written;
        var incarnation = await Placing.PublishAsync(
            bucket,
            number => (KeyValueLocation.Subject(options.Bucket, new CopyName(manifest.Key, number).ToString()),
                body, HeadersOf(text)),
            KeyValueLocation.IsLive, message => message.Headers.GetValueOrDefault(KeyValueLocation.PutKey) == put,
            manifest.Key);
        _isSending = false;
        return new SealedCopy(incarnation, 1, manifest.Header, location.Traits.SyncsBeforeAcknowledgement);
    }

    public ValueTask DisposeAsync()
    {
        if (!_isClosed && !_isSending)
        {
            _content.Dispose();
            _tree.Dispose();
        }

        _isClosed = true;
        return ValueTask.CompletedTask;
    }

    private ValueTask Write(StagedBytes part, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        cancellationToken.ThrowIfCancellationRequested();
        return part.TryWrite(bytes.Span)
            ? ValueTask.CompletedTask
            : throw location.TooLarge(part.SizeBytes + (long)bytes.Length);
    }

    /// <summary>Before the value, which names it: a value never lacks its tree.</summary>
    private async ValueTask<string> PutTreeAsync(CopyManifest manifest, string put)
    {
        var key = $"{new CopyName(manifest.Key, 1)}.t{put}";
        var headers = new NatsHeaders
        {
            [KeyValueLocation.PutKey] = put,
            [ChunkCheck.Header] = ChunkCheck.Of(put, 1, _tree.Written.Span),
        };
        await bucket.PublishAsync(
            KeyValueLocation.Subject(options.Bucket, key), _tree.Written, headers, 0, CancellationToken.None);
        return key;
    }

    private static NatsHeaders HeadersOf(Dictionary<string, string> text)
    {
        var headers = new NatsHeaders(text.Count);
        foreach (var (name, value) in text)
        {
            headers[name] = value;
        }

        return headers;
    }
}

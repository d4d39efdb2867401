using System.Security.Cryptography;
using CimStore.Locations;

namespace CimStore.Nats.Locations;

/// <summary>A copy on its way into an object bucket: chunks first, and at the end the message that names them.
/// </summary>
internal sealed class ObjectStagedContent(
    ObjectStoreLocation location, BucketLocationOptions options, BucketStream bucket, TimeProvider time)
    : IStagedContent
{
    private readonly ChunkUpload _content = new(
        bucket, options.Bucket, location.ChunkSizeBytes, options.ChunksInFlightMax);

    private readonly ChunkUpload _tree = new(
        bucket, options.Bucket, location.ChunkSizeBytes, options.ChunksInFlightMax);

    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly long _started = time.GetTimestamp();
    private bool _mayBeThere;
    private bool _isClosed;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        _sha256.AppendData(bytes.Span);
        await _content.WriteAsync(bytes, cancellationToken);
    }

    public async ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        await _tree.WriteAsync(nodes, cancellationToken);
    }

    public async ValueTask<SealedCopy> SealAsync(CopyManifest manifest, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        StagedSize.Require(manifest, _content.SizeBytes);
        var content = await _content.EndAsync(cancellationToken);
        var tree = manifest.SizeBytes > location.InlineSizeMaxBytes ? await _tree.EndAsync(cancellationToken) : null;
        if (tree is null)
        {
            await _tree.TakeBackAsync();
        }

        RequireYoung();
        var created = time.GetUtcNow();
        var metadata = HeldObject.Metadata(manifest, created, content, tree);
        var digest = _sha256.GetHashAndReset();
        _mayBeThere = true;
        try
        {
            var incarnation = await Placing.PublishAsync(
                bucket, Message, static message => !ObjectInfo.Read(message.Body).IsDeleted, IsOurs, manifest.Key);
            return new SealedCopy(
                incarnation, 1, manifest.Header, location.Traits.SyncsBeforeAcknowledgement);
        }
        catch (LocationException failure)
        {
            _mayBeThere = failure.Fault == LocationFault.Unknown;
            throw;
        }

        (string, ReadOnlyMemory<byte>, NATS.Client.Core.NatsHeaders) Message(int number)
        {
            var name = new CopyName(manifest.Key, number).ToString();
            var info = new ObjectInfo(name, options.Bucket, content.Nuid)
            {
                SizeBytes = content.SizeBytes,
                Chunks = content.Count,
                ChunkSizeBytes = content.ChunkSizeBytes,
                Sha256 = digest,
                Modified = created,
                Metadata = metadata,
            };
            return (ObjectInfo.Subject(options.Bucket, name), info.ToBytes(), ObjectStoreLocation.RollupHeaders());
        }

        bool IsOurs(BucketMessage message) => ObjectInfo.Read(message.Body).Nuid == content.Nuid;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        if (!_mayBeThere)
        {
            await _content.TakeBackAsync();
            await _tree.TakeBackAsync();
        }

        _content.Dispose();
        _tree.Dispose();
        _sha256.Dispose();
    }

    /// <summary>The sweep may have taken chunks of a put that took so long; an object without bytes is never made.
    /// </summary>
    private void RequireYoung()
    {
        if (time.GetElapsedTime(_started) > options.OrphanAge / 2)
        {
            throw new LocationException(
                LocationFault.Offline,
                $"NATS, {bucket.What}: the put took longer than half of orphanAge ({options.OrphanAge}), after which "
                + "its chunks are swept; nothing was stored.");
        }
    }

    private void RequireOpen() => ObjectDisposedException.ThrowIf(_isClosed || _mayBeThere, this);
}

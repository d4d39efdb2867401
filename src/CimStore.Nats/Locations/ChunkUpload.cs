using System.Buffers;
using CimStore.Locations;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace CimStore.Nats.Locations;

/// <summary>
/// Chunks on their way into the stream, in order, a bounded number of them without their acknowledgement. Until an
/// object names them they are garbage.
/// </summary>
internal sealed class ChunkUpload(BucketStream bucket, string bucketName, int chunkSizeBytes, int inFlightMax)
    : IDisposable
{
    private readonly Queue<NatsJSPublishConcurrentFuture> _inFlight = new();
    private readonly List<ulong> _sequences = [];
    private byte[]? _chunk;
    private int _filled;
    private int _sent;

    // Set while something is under way: where it stays set a chunk may be missing, and nothing may be made of the rest.
    private bool _isBroken;

    public string Nuid { get; } = NATS.Client.Core.Nuid.NewNuid();

    public long SizeBytes { get; private set; }

    public bool HasSent => _sent > 0;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        RequireWhole();
        _chunk ??= ArrayPool<byte>.Shared.Rent(chunkSizeBytes);
        while (!bytes.IsEmpty)
        {
            if (_filled == chunkSizeBytes)
            {
                await SendAsync(cancellationToken);
            }

            var size = Math.Min(bytes.Length, chunkSizeBytes - _filled);
            bytes[..size].CopyTo(_chunk.AsMemory(_filled));
            _filled += size;
            SizeBytes += size;
            bytes = bytes[size..];
        }
    }

    /// <summary>Sends the last chunk and waits until the server has all.</summary>
    public async ValueTask<ChunkSet> EndAsync(CancellationToken cancellationToken)
    {
        RequireWhole();
        if (_filled > 0)
        {
            await SendAsync(cancellationToken);
        }

        while (_inFlight.Count > 0)
        {
            await TakeAcknowledgementAsync(cancellationToken);
        }

        return new ChunkSet(
            Nuid, SizeBytes, chunkSizeBytes, SequenceRuns.Of(_sequences, MessageBudget.RunsMax(bucket.Link)));
    }

    /// <summary>Takes back what was sent, as far as the server can be reached; the sweep finds the rest.</summary>
    public async ValueTask TakeBackAsync()
    {
        if (!HasSent)
        {
            return;
        }

        try
        {
            // Not by the sender's token: it is mostly because it was cancelled that this is done.
            await bucket.PurgeAsync(ObjectInfo.ChunkSubject(bucketName, Nuid), 0, CancellationToken.None);
        }
        catch (LocationException)
        {
            // Garbage that is found, as the port says.
        }
    }

    public void Dispose()
    {
        if (_chunk is not null)
        {
            ArrayPool<byte>.Shared.Return(_chunk);
            _chunk = null;
        }
    }

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        while (_inFlight.Count >= inFlightMax)
        {
            await TakeAcknowledgementAsync(cancellationToken);
        }

        var chunk = _chunk.AsMemory(0, _filled);
        var headers = new NatsHeaders { [ChunkCheck.Header] = ChunkCheck.Of(Nuid, _sent, chunk.Span) };
        _sent++;

        // The client has copied the bytes when this returns. Where it throws it may read them yet: then they are not
        // given back to whoever rents them next.
        var sent = _chunk;
        (_chunk, _isBroken) = (null, true);
        _inFlight.Enqueue(await bucket.SendAsync(
            ObjectInfo.ChunkSubject(bucketName, Nuid), chunk, headers, cancellationToken));
        (_chunk, _filled, _isBroken) = (sent, 0, false);
    }

    private async ValueTask TakeAcknowledgementAsync(CancellationToken cancellationToken)
    {
        _isBroken = true;
        var sequence = await bucket.AcknowledgedAsync(_inFlight.Dequeue(), cancellationToken);
        if (_sequences.Count > 0 && sequence <= _sequences[^1])
        {
            throw new LocationException(
                LocationFault.Offline,
                $"NATS, {bucket.What}: chunks were stored in another order than they were sent; nothing was stored.");
        }

        _sequences.Add(sequence);
        _isBroken = false;
    }

    private void RequireWhole()
    {
        if (_isBroken)
        {
            throw new LocationException(
                LocationFault.Offline,
                $"NATS, {bucket.What}: a part of this content could not be sent before; nothing of it is stored.");
        }
    }
}

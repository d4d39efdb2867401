using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Nats.Locations;

/// <summary>
/// Objects of other clients under a CID: read through once, proved against the CID and their own digest, and served
/// from then on. Until then nothing is said of them.
/// </summary>
internal sealed class ForeignObjects(BucketStream bucket, string bucketName)
{
    // A tree of 4 MiB is of 1 GiB; what is larger is put by us, or not at all.
    private const long SizeMaxBytes = 1L << 30;

    private const int TreesFromBytes = 1 << 20;
    private const int KeptMax = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, ForeignObject> _verified = [];
    private readonly Queue<ulong> _order = new();

    public ForeignObject? FindVerified(ulong incarnation)
    {
        lock (_gate)
        {
            return _verified.GetValueOrDefault(incarnation);
        }
    }

    public void Forget(ulong incarnation)
    {
        lock (_gate)
        {
            _verified.Remove(incarnation);
        }
    }

    public ValueTask<ForeignObject> VerifyAsync(FoundObject found, CancellationToken cancellationToken) =>
        VerifyAsync(found, static _ => ValueTask.CompletedTask, cancellationToken);

    /// <exception cref="IntegrityException">Its bytes are not what its name says, or cannot be proved.</exception>
    public async ValueTask<ForeignObject> VerifyAsync(
        FoundObject found, Func<int, ValueTask> payAsync, CancellationToken cancellationToken)
    {
        if (FindVerified(found.Incarnation) is { } known)
        {
            return known;
        }

        RequireProvable(found);
        var foreign = await ReadThroughAsync(found, payAsync, cancellationToken);
        lock (_gate)
        {
            if (_verified.TryAdd(found.Incarnation, foreign))
            {
                _order.Enqueue(found.Incarnation);
            }

            while (_order.Count > KeptMax)
            {
                _verified.Remove(_order.Dequeue());
            }
        }

        return foreign;
    }

    public async ValueTask<int> ReadAsync(
        ForeignObject foreign, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var size = (int)Math.Clamp(foreign.Held.Manifest.SizeBytes - offset, 0, destination.Length);
        foreach (var (start, chunkSize, sequence) in foreign.Chunks)
        {
            if (start + chunkSize <= offset || start >= offset + size)
            {
                continue;
            }

            var message = await bucket.ReadAsync(sequence, cancellationToken);
            if (message is null || message.Body.Length != chunkSize)
            {
                throw new IntegrityException($"A chunk at {start} of an object in {bucket.What} is missing.");
            }

            var from = (int)Math.Max(0, offset - start);
            var to = (int)Math.Min(chunkSize, offset + size - start);
            message.Body[from..to].CopyTo(destination[(int)(start + from - offset)..]);
        }

        return size;
    }

    private static void RequireProvable(FoundObject found)
    {
        var cid = found.Name.Key.Cid;
        if (found.Info.IsLink || found.Info.SizeBytes > SizeMaxBytes
            || !ContentHasher.IsComputable(cid.HashFunction)
            || cid.Digest.Length < Cid.ProvingDigestSizeMin)
        {
            throw new IntegrityException(
                $"The object '{found.Name}' was written by another client and cannot be proved here: it is a link, "
                + $"larger than {SizeMaxBytes} bytes, or named with a hash that is not computed.");
        }
    }

    private async ValueTask<ForeignObject> ReadThroughAsync(
        FoundObject found, Func<int, ValueTask> payAsync, CancellationToken cancellationToken)
    {
        var cid = found.Name.Key.Cid;
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var named = ContentHasher.Create(cid.HashFunction);
        var nodes = new ArrayBufferWriter<byte>();
        var tree = new Blake3OutboardBuilder(nodes);
        var chunks = ImmutableArray.CreateBuilder<(long, int, ulong)>();
        long size = 0;
        ulong next = 1;
        while (size < found.Info.SizeBytes)
        {
            var message = await bucket.GetNextAsync(
                ObjectInfo.ChunkSubject(bucketName, found.Info.Nuid), next, cancellationToken);
            if (message is null)
            {
                throw new IntegrityException($"The object '{found.Name}' ends at {size} of {found.Info.SizeBytes}.");
            }

            await payAsync(message.Body.Length);
            sha256.AppendData(message.Body.Span);
            named.Update(message.Body.Span);
            tree.Update(message.Body.Span);
            chunks.Add((size, message.Body.Length, message.Sequence));
            size += message.Body.Length;
            next = message.Sequence + 1;
        }

        if (size != found.Info.SizeBytes || named.FinishCid(cid.Codec) != cid
            || !sha256.GetHashAndReset().AsSpan().SequenceEqual(found.Info.Sha256.Span))
        {
            throw new IntegrityException($"The object '{found.Name}' is not what its name or its digest says.");
        }

        var root = new byte[Blake3.HashSizeBytes];
        tree.Finish(root);
        var manifest = new CopyManifest(found.Name.Key, size, Cid.ForRaw(root)) { Incarnation = found.Incarnation };
        return new ForeignObject(
            new HeldCopy(manifest, found.Info.Modified, 1), chunks.ToImmutable(),
            size > TreesFromBytes ? nodes.WrittenMemory : default);
    }
}

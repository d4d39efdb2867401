using System.Security.Cryptography;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Nats.Locations;

// Reading ranges, chunk by chunk, and proving whole copies.
public sealed partial class ObjectStoreLocation
{
    private const long CachedMaxBytes = 8 << 20;

    // What whoever paces an inspection is asked for at once.
    private const int PacedMaxBytes = 1 << 20;

    private readonly ChunkCache _chunks = new(CachedMaxBytes);
    private readonly ForeignObjects _foreign;

    public ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        ReadAsync(key, copy, static held => held.Content, isTree: false, offset, destination, cancellationToken);

    public ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        ReadAsync(key, copy, static held => held.Tree, isTree: true, offset, destination, cancellationToken);

    public async ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (copy.Location != Id)
        {
            return null;
        }

        long read = 0;
        try
        {
            if (await FindAsync(key, copy.Incarnation, cancellationToken) is not { } found)
            {
                return null;
            }

            if (CopyMetadata.IsOurs(found.Info.Metadata))
            {
                var held = HeldObject.Read(found.Info, found.Name, found.Incarnation);
                await ProveAsync(held, PayAsync, cancellationToken);
            }
            else
            {
                _foreign.Forget(found.Incarnation);
                await _foreign.VerifyAsync(found, PayAsync, cancellationToken);
            }

            return new CopyCondition(1, 1, 1, [], read);
        }
        catch (IntegrityException wrong)
        {
            // Given up while it was read: then nothing is wrong with it.
            return await IsHereAsync(key, copy.Incarnation, cancellationToken)
                ? new CopyCondition(1, 0, 1, [wrong.Message], read) : null;
        }

        async ValueTask PayAsync(int bytes)
        {
            read += bytes;
            for (var paid = 0; pace is not null && paid < bytes; paid += PacedMaxBytes)
            {
                await pace.TakeAsync(Math.Min(PacedMaxBytes, bytes - paid), cancellationToken);
            }
        }
    }

    /// <summary>There is nothing here that a part could be made from; another location's copy is.</summary>
    public ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        InspectAsync(key, copy, pace, cancellationToken);

    private async ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, Func<HeldObject, ChunkSet?> part, bool isTree, long offset,
        Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        if (copy.Location != Id || await FindAsync(key, copy.Incarnation, cancellationToken) is not { } found)
        {
            return null;
        }

        try
        {
            if (!CopyMetadata.IsOurs(found.Info.Metadata))
            {
                var foreign = await _foreign.VerifyAsync(found, cancellationToken);
                return isTree
                    ? foreign.ReadTree(offset, destination)
                    : await _foreign.ReadAsync(foreign, offset, destination, cancellationToken);
            }

            var held = HeldObject.Read(found.Info, found.Name, found.Incarnation);
            return part(held) is { } set ? await ReadAsync(set, offset, destination, cancellationToken) : null;
        }
        catch (IntegrityException)
        {
            if (!await IsHereAsync(key, copy.Incarnation, cancellationToken))
            {
                return null;
            }

            throw;
        }
    }

    private async ValueTask<bool> IsHereAsync(
        ContentKey key, ulong incarnation, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(key, incarnation, cancellationToken) is not null;
        }
        catch (IntegrityException)
        {
            return true;
        }
    }

    private async ValueTask<int> ReadAsync(
        ChunkSet set, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (offset >= set.SizeBytes || destination.IsEmpty)
        {
            return 0;
        }

        var size = (int)Math.Min(destination.Length, set.SizeBytes - offset);
        var (first, last) = ((int)(offset / set.ChunkSizeBytes), (int)((offset + size - 1) / set.ChunkSizeBytes));
        for (var some = first; some <= last; some += AskedAtOnce)
        {
            var count = Math.Min(AskedAtOnce, last - some + 1);
            await Task.WhenAll(Enumerable.Range(some, count).Select(chunk => CopyAsync(chunk)));
        }

        return size;

        async Task CopyAsync(int chunk)
        {
            var start = (long)chunk * set.ChunkSizeBytes;
            var from = (int)Math.Max(0, offset - start);
            var to = (int)Math.Min(set.SizeOf(chunk), offset + size - start);
            var isPart = to - from < set.SizeOf(chunk);
            var bytes = await FetchAsync(set, chunk, isPart, cancellationToken);
            bytes[from..to].CopyTo(destination[(int)(start + from - offset)..]);
        }
    }

    /// <param name="set">Whose chunk.</param>
    /// <param name="chunk">Which one.</param>
    /// <param name="isKept">Whether it is likely to be asked for again.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="IntegrityException">It is missing, or not what it was.</exception>
    private async ValueTask<ReadOnlyMemory<byte>> FetchAsync(
        ChunkSet set, int chunk, bool isKept, CancellationToken cancellationToken)
    {
        var (listed, sequence) = set.Sequences.Find(chunk);
        if (listed == chunk && _chunks.TryFind(sequence, out var cached))
        {
            return cached;
        }

        var subject = ObjectInfo.ChunkSubject(_options.Bucket, set.Nuid);
        var message = await _bucket.ReadAsync(sequence, cancellationToken);
        for (; listed < chunk && message is not null; listed++)
        {
            message = await _bucket.GetNextAsync(subject, message.Sequence + 1, cancellationToken);
        }

        if (message is null || message.Subject != subject)
        {
            throw new IntegrityException($"Chunk {chunk} of {set.Count} is missing in {_bucket.What}.");
        }

        if (message.Body.Length != set.SizeOf(chunk) || !ChunkCheck.IsRight(message, set.Nuid, chunk))
        {
            throw new IntegrityException($"Chunk {chunk} of {set.Count} in {_bucket.What} is not what was written.");
        }

        if (isKept)
        {
            _chunks.Keep(message.Sequence, message.Body);
        }

        return message.Body;
    }

    /// <summary>From the server, past the cache.</summary>
    private async ValueTask ProveAsync(
        HeldObject held, Func<int, ValueTask> payAsync, CancellationToken cancellationToken)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var isPlain = held.Manifest.Header == CopyHeader.Plain
            && ContentHasher.IsComputable(held.Manifest.Key.Cid.HashFunction);
        using var named = isPlain ? ContentHasher.Create(held.Manifest.Key.Cid.HashFunction) : null;
        await ProveAsync(held.Content, bytes =>
        {
            sha256.AppendData(bytes.Span);
            named?.Update(bytes.Span);
        });
        if (!sha256.GetHashAndReset().AsSpan().SequenceEqual(held.Info.Sha256.Span))
        {
            throw new IntegrityException($"The object '{held.Info.Name}' is not what its SHA-256 digest says.");
        }

        if (named is not null && named.FinishCid(held.Manifest.Key.Cid.Codec) != held.Manifest.Key.Cid)
        {
            throw new IntegrityException($"The object '{held.Info.Name}' is not what its name says.");
        }

        if (held.Tree is { } tree)
        {
            await ProveAsync(tree, static _ => { });
        }

        async ValueTask ProveAsync(ChunkSet set, Action<ReadOnlyMemory<byte>> take)
        {
            for (var chunk = 0; chunk < set.Count; chunk++)
            {
                await payAsync(set.SizeOf(chunk));
                var bytes = await FetchFreshAsync(set, chunk, cancellationToken);
                take(bytes);
            }
        }
    }

    private ValueTask<ReadOnlyMemory<byte>> FetchFreshAsync(
        ChunkSet set, int chunk, CancellationToken cancellationToken)
    {
        _chunks.Forget(set.Sequences.Find(chunk).Sequence);
        return FetchAsync(set, chunk, isKept: false, cancellationToken);
    }
}

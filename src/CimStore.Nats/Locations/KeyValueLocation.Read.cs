using System.Buffers;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Nats.Locations;

// Reading: a value is one message, and proved whole each time.
public sealed partial class KeyValueLocation
{
    // What whoever paces an inspection is asked for at once.
    private const int PacedMaxBytes = 1 << 20;

    public async ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        if (copy.Location != Id
            || await FindAsync(key, copy.Incarnation, fromLeader: false, cancellationToken) is not { } found)
        {
            return null;
        }

        Prove(found);
        return Take(found.Message.Body, offset, destination);
    }

    public async ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        if (copy.Location != Id
            || await FindAsync(key, copy.Incarnation, fromLeader: false, cancellationToken) is not { } found)
        {
            return null;
        }

        if (!CopyMetadata.IsOurs(found.Message.Headers))
        {
            return TreeOfForeign(found) is { Length: > 0 } made ? Take(made, offset, destination) : null;
        }

        return await FindTreeAsync(found, cancellationToken) is { } tree ? Take(tree, offset, destination) : null;
    }

    public async ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (copy.Location != Id
            || await FindAsync(key, copy.Incarnation, fromLeader: true, cancellationToken) is not { } found)
        {
            return null;
        }

        long read = found.Message.Body.Length;
        try
        {
            await PayAsync(pace, found.Message.Body.Length, cancellationToken);
            Prove(found);
            RequireNamed(found);
            var tree = await FindTreeAsync(found, cancellationToken);
            await PayAsync(pace, tree?.Length ?? 0, cancellationToken);
            read += tree?.Length ?? 0;
            return new CopyCondition(1, 1, 1, [], read);
        }
        catch (IntegrityException wrong)
        {
            return await FindAsync(key, copy.Incarnation, fromLeader: true, cancellationToken) is null
                ? null : new CopyCondition(1, 0, 1, [wrong.Message], read);
        }
    }

    /// <summary>There is nothing here that a part could be made from; another location's copy is.</summary>
    public ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        InspectAsync(key, copy, pace, cancellationToken);

    private async ValueTask<FoundValue?> FindAsync(
        ContentKey key, ulong incarnation, bool fromLeader, CancellationToken cancellationToken)
    {
        if (incarnation == 0)
        {
            return null;
        }

        var message = fromLeader
            ? await _bucket.GetAsync(incarnation, cancellationToken)
            : await _bucket.ReadAsync(incarnation, cancellationToken);
        return message is not null && IsLive(message)
            && CopyName.TryParse(KeyOf(message.Subject), out var name) && name.Value.Key == key
                ? new FoundValue(name.Value, message) : null;
    }

    /// <exception cref="IntegrityException">It is named and not there, or not what it was.</exception>
    private async ValueTask<ReadOnlyMemory<byte>?> FindTreeAsync(
        FoundValue found, CancellationToken cancellationToken)
    {
        if (!found.Message.Headers.TryGetValue(TreeKey, out var key))
        {
            return null;
        }

        var message = await _bucket.GetLastAsync(Subject(_options.Bucket, key), cancellationToken);
        return message is not null
            && ChunkCheck.IsRight(message, found.Message.Headers.GetValueOrDefault(PutKey) ?? "", 1)
                ? message.Body
                : throw new IntegrityException(
                    $"The tree of the value '{found.Name}' in {_bucket.What} is missing or damaged.");
    }

    private void Prove(FoundValue found)
    {
        if (!CopyMetadata.IsOurs(found.Message.Headers))
        {
            RequireNamed(found);
            return;
        }

        var (manifest, _) = CopyMetadata.Read(found.Message.Headers, found.Name, found.Message.Sequence);
        if (found.Message.Body.Length != (manifest.StoredBytes ?? manifest.SizeBytes)
            || !ChunkCheck.IsRight(found.Message, found.Message.Headers.GetValueOrDefault(PutKey) ?? "", 0))
        {
            throw new IntegrityException($"The value '{found.Name}' in {_bucket.What} is not what was written.");
        }
    }

    /// <summary>Against the CID, where what is stored is the content itself.</summary>
    private void RequireNamed(FoundValue found)
    {
        var isOurs = CopyMetadata.IsOurs(found.Message.Headers);
        if (isOurs && CopyMetadata.Read(found.Message.Headers, found.Name, 0).Manifest.Header != CopyHeader.Plain)
        {
            return;
        }

        var cid = found.Name.Key.Cid;
        var verdict = cid.Verify(found.Message.Body.Span);
        var isWeak = cid.Digest.Length < Cid.ProvingDigestSizeMin && cid.HashFunction != HashFunctions.Identity;
        if (verdict == CidVerdict.Mismatch || (!isOurs && (verdict != CidVerdict.Match || isWeak)))
        {
            throw new IntegrityException($"The value '{found.Name}' in {_bucket.What} is not what its name says.");
        }
    }

    private HeldCopy ProvedForeign(FoundValue found)
    {
        RequireNamed(found);
        var root = new byte[Blake3.HashSizeBytes];
        Blake3.Hash(found.Message.Body.Span, root);
        var manifest = new CopyManifest(found.Name.Key, found.Message.Body.Length, Cid.ForRaw(root))
        {
            Incarnation = found.Message.Sequence,
        };
        return new HeldCopy(manifest, found.Message.Time, 1);
    }

    private ReadOnlyMemory<byte>? TreeOfForeign(FoundValue found)
    {
        RequireNamed(found);
        if (found.Message.Body.Length <= InlineSizeMaxBytes)
        {
            return null;
        }

        var nodes = new ArrayBufferWriter<byte>();
        Blake3Outboard.Build(found.Message.Body.Span, new byte[Blake3.HashSizeBytes], nodes);
        return nodes.WrittenMemory;
    }

    private static int Take(ReadOnlyMemory<byte> bytes, long offset, Memory<byte> destination)
    {
        var rest = bytes[(int)Math.Min(offset, bytes.Length)..];
        var size = Math.Min(rest.Length, destination.Length);
        rest[..size].CopyTo(destination);
        return size;
    }

    private static async ValueTask PayAsync(IReadPace? pace, int bytes, CancellationToken cancellationToken)
    {
        for (var paid = 0; pace is not null && paid < bytes; paid += PacedMaxBytes)
        {
            await pace.TakeAsync(Math.Min(PacedMaxBytes, bytes - paid), cancellationToken);
        }
    }

    private sealed record FoundValue(CopyName Name, BucketMessage Message);
}

using System.Buffers;
using System.Security.Cryptography;
using CimStore.Content;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

// Store of many small contents: one append, and so one sync, for a whole part.
public sealed partial class StorageNode
{
    /// <summary>What one append takes at most; a longer batch is several appends, each all or nothing.</summary>
    private const int PartItemsMax = 256;

    internal const int PartSizeMaxBytes = 8 << 20;

    public async ValueTask<IReadOnlyList<StoreItemResult>> StoreManyAsync(
        IReadOnlyList<StoreItem> items, StoreRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            RefuseLateMessage(request.Identity.MessageId);
            var terms = StoreTerms.Of(request, _home.Traits, Domains, _ports.Tiers?.DefaultClass);
            var results = new StoreItemResult[items.Count];
            for (var first = 0; first < items.Count;)
            {
                var count = PartFrom(items, first);
                await StorePartAsync(items, first, count, request, terms, results, cancellationToken);
                first += count;
            }

            return results;
        }
        catch (RefusedException refused)
        {
            await JournalAsync(refused, null, request.Identity);
            throw;
        }
    }

    private static int PartFrom(IReadOnlyList<StoreItem> items, int first)
    {
        var count = 0;
        var size = 0L;
        while (first + count < items.Count && count < PartItemsMax)
        {
            size += items[first + count].Content.Length;
            if (count > 0 && size > PartSizeMaxBytes)
            {
                break;
            }

            count++;
        }

        return count;
    }

    private async ValueTask StorePartAsync(
        IReadOnlyList<StoreItem> items, int first, int count, StoreRequest request, StoreTerms terms,
        StoreItemResult[] results, CancellationToken cancellationToken)
    {
        var batch = new List<BatchItem>(count);
        var refused = new List<RefusedCommand>();
        using var digests = MemoryPool<byte>.Shared.Rent(count * Blake3.HashSizeBytes);
        HashPart(items, first, count, digests.Memory.Span);
        for (var index = first; index < first + count; index++)
        {
            var digest = digests.Memory.Span.Slice((index - first) * Blake3.HashSizeBytes, Blake3.HashSizeBytes);
            if (Judge(items[index], index, digest, request, out var item) is { } refusal)
            {
                results[index] = new StoreItemResult(null, refusal);
                refused.Add(new RefusedCommand(
                    refusal, items[index].ExpectedCid,
                    ContextOf(BatchIdentity.Of(request.Identity, index), default)));
            }
            else
            {
                batch.Add(item!);
            }
        }

        if (refused.Count > 0)
        {
            await JournalAsync(refused);
        }

        if (request.Identity.MessageId is not null || !_journal.SpansObjects)
        {
            // Each item has an id of its own, so each is remembered, and repeated, on its own.
            foreach (var item in batch)
            {
                await StoreItemAsync(item, results, cancellationToken);
            }

            return;
        }

        await StoreTogetherAsync(batch, request, terms, results, cancellationToken);
        if (_ports.Tiers is not null)
        {
            await ReplicateBeforeAsync(batch, results, cancellationToken);
        }
    }

    private async ValueTask ReplicateBeforeAsync(
        List<BatchItem> batch, StoreItemResult[] results, CancellationToken cancellationToken)
    {
        foreach (var item in batch.Where(item => item.Terms.CopiesBefore > 1))
        {
            if (results[item.Index].Stored is { } stored)
            {
                var replicated = await ReplicateBeforeAsync(
                    item.Key, ValueTask.FromResult(stored), item.Terms, cancellationToken);
                results[item.Index] = new StoreItemResult(replicated, null);
            }
        }
    }

    private async ValueTask StoreItemAsync(
        BatchItem item, StoreItemResult[] results, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await CommitAsync(
                item.Key, item.Root, item.Content.Length, item.Request, item.Terms,
                new Admission(item.Content, null), cancellationToken);
            results[item.Index] = new StoreItemResult(stored, null);
        }
        catch (RefusedException refused)
        {
            await JournalAsync(refused, item.Key.Cid, item.Request.Identity);
            results[item.Index] = new StoreItemResult(null, refused.Refusal);
        }
    }

    private async ValueTask StoreTogetherAsync(
        List<BatchItem> batch, StoreRequest request, StoreTerms terms, StoreItemResult[] results,
        CancellationToken cancellationToken)
    {
        // Sorted, so that two batches with the same contents never wait for each other in a circle.
        var keys = batch.Select(item => item.Key).Distinct().OrderBy(key => key.Cid).ToList();
        var locked = 0;
        try
        {
            for (; locked < keys.Count; locked++)
            {
                await _contentLocks.AcquireAsync(keys[locked], cancellationToken);
            }

            await StoreLockedAsync(batch, request, results, cancellationToken);
        }
        finally
        {
            while (locked-- > 0)
            {
                _contentLocks.Release(keys[locked]);
            }
        }
    }

    private async ValueTask StoreLockedAsync(
        List<BatchItem> batch, StoreRequest request, StoreItemResult[] results, CancellationToken cancellationToken)
    {
        var changes = new List<JournalChange>(batch.Count);
        var waiting = new List<(BatchItem Item, StorageEvent.Stored Stored)>(batch.Count);
        var firsts = new Dictionary<ContentKey, int>(batch.Count);
        foreach (var item in batch)
        {
            if (!firsts.TryAdd(item.Key, item.Index))
            {
                continue;
            }

            var context = ContextOf(request.Identity, default);
            var before = await _catalog.FindAsync(item.Key, cancellationToken);
            var decision = DecideStore(
                before, item.Key, item.Root, item.Content.Length, item.Request, item.Terms, context);
            if (decision.Rejection is { } rejection)
            {
                throw await RefuseAsync(rejection, item.Key.Cid, context);
            }

            if (decision.Events is not [StorageEvent.Stored stored])
            {
                results[item.Index] = new StoreItemResult(AlreadyHeld(before!, context, item.Terms), null);
                continue;
            }

            waiting.Add((item, stored));
            changes.Add(new JournalChange(
                context, stored, before, stored.Deduplicated ? null : new AdmittedContent.Inline(item.Content)));
        }

        if (changes.Count > 0)
        {
            await RequireRoomAsync(
                waiting.Where(static one => !one.Stored.Deduplicated).Sum(static one => one.Item.Content.Length),
                cancellationToken);
            var entries = await AppendAsync(changes);
            for (var index = 0; index < waiting.Count; index++)
            {
                var (item, stored) = waiting[index];
                results[item.Index] = new StoreItemResult(
                    ResultOf(stored, entries[index].Lsn, changes[index].Context), null);
            }
        }

        foreach (var item in batch.Where(item => firsts[item.Key] != item.Index))
        {
            var same = results[firsts[item.Key]].Stored!;
            results[item.Index] = new StoreItemResult(same with { Deduplicated = true }, null);
        }
    }

    private Refusal? Judge(
        StoreItem item, int index, ReadOnlySpan<byte> blake3, StoreRequest request, out BatchItem? judged)
    {
        judged = null;
        if (item.Content.Length > _home.InlineSizeMaxBytes)
        {
            return new Refusal(
                "too-large-for-batch",
                $"An item of a batch has at most {_home.InlineSizeMaxBytes} bytes; store this one by itself.");
        }

        try
        {
            var own = request with
            {
                ExpectedCid = item.ExpectedCid,
                LengthBytes = null,
                Identity = BatchIdentity.Of(request.Identity, index),
            };
            var terms = StoreTerms.Of(own, _home.Traits, Domains, _ports.Tiers?.DefaultClass);
            var cid = terms.Name(blake3, terms.IsSha256 ? Sha256Of(item.Content) : []);
            RefuseOther(own, cid, item.Content.Length);
            judged = new BatchItem(index, ContentKey.Shared(cid), Cid.ForRaw(blake3), item.Content, own, terms);
            return null;
        }
        catch (RefusedException refused)
        {
            return refused.Refusal;
        }
    }

    private static void HashPart(IReadOnlyList<StoreItem> items, int first, int count, Span<byte> digests)
    {
        var contents = new ReadOnlyMemory<byte>[count];
        for (var index = 0; index < count; index++)
        {
            var content = items[first + index].Content;
            contents[index] = content.IsSingleSegment ? content.First : content.ToArray();
        }

        Blake3.HashMany(contents, digests[..(count * Blake3.HashSizeBytes)]);
    }

    private static byte[] Sha256Of(ReadOnlySequence<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in content)
        {
            hash.AppendData(part.Span);
        }

        return hash.GetHashAndReset();
    }

    private sealed record BatchItem(
        int Index, ContentKey Key, Cid Root, ReadOnlySequence<byte> Content, StoreRequest Request, StoreTerms Terms);
}

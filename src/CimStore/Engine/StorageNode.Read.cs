using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

// Reading: from memory, else from the first copy that proves.
public sealed partial class StorageNode
{
    public async ValueTask<IContentReader?> OpenAsync(
        Cid cid, RetrieveRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (request.AtLeast > _journal.DurableLsn)
        {
            await WaitForAsync(cid, request, cancellationToken);
        }

        var key = KeyOf(cid);
        if (_cache.TryGet(key, out var cached, out var content))
        {
            return new CachedReader(this, cached, content);
        }

        if (!_holds.TryHold(key))
        {
            return null;
        }

        var isKept = false;
        try
        {
            var version = _cache.Version(key);
            var record = await _catalog.FindAsync(key, cancellationToken);
            if (record is not { IsPresent: true })
            {
                return null;
            }

            var reader = new ContentReader(this, record, version);
            isKept = true;
            return reader;
        }
        finally
        {
            if (!isKept)
            {
                _holds.LetGo(key);
            }
        }
    }

    /// <summary>
    /// Journals what was read since the last time: one event for each content, in one append, of a bounded number. For
    /// a background loop; a read itself writes nothing (D17).
    /// </summary>
    /// <returns>How many events there were.</returns>
    public async ValueTask<int> TellReadsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_reads?.Take(_options.ReadEventsMax) is not { Count: > 0 } told)
        {
            return 0;
        }

        await AppendAsync(told.ConvertAll(read => new JournalChange(
            ContextOf(CommandIdentity.None, default), read, null, null)));
        return told.Count;
    }

    /// <summary>Journals what was found wrong, so that the copy is not read again and a repair is owed.</summary>
    private async ValueTask QuarantineAsync(ContentKey key, Copy copy, string detail)
    {
        _metrics.Corrupt();
        Log.CopyQuarantined(_ports.Logger, key.Cid.ToString(), copy.Location.Name, detail);
        await RecordAsync(key, [new StorageCommand.Verify(key, copy.Location, copy.Incarnation, detail)]);
    }

    /// <summary>
    /// Decides what reading copies of one content showed, and appends all of it at once: one sync. The copies may have
    /// changed or gone since.
    /// </summary>
    private async ValueTask RecordAsync(ContentKey key, List<StorageCommand.Verify> shown)
    {
        await _contentLocks.AcquireAsync(key, CancellationToken.None);
        try
        {
            var before = await _catalog.FindAsync(key, CancellationToken.None);
            var changes = new List<JournalChange>(shown.Count);
            foreach (var one in shown)
            {
                foreach (var happened in ObjectDecisions.Decide(before, one, Facts()).Events)
                {
                    changes.Add(new JournalChange(ContextOf(CommandIdentity.None, default), happened, before, null));

                    // The next event follows this one in the same append, so it sees the record after it.
                    before = ObjectHistory.Apply(before, happened, before!.Revision, _time.GetUtcNow());
                }
            }

            if (changes.Count > 0)
            {
                await AppendAsync(changes);
            }
        }
        finally
        {
            _contentLocks.Release(key);
        }
    }

    private static bool IsRoot(ObjectRecord record, ReadOnlySpan<byte> whole)
    {
        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(whole, digest);
        return digest.SequenceEqual(record.Root.Digest);
    }

    private ILocation? LocationOf(Copy copy)
    {
        foreach (var location in _ports.Locations)
        {
            if (location.Id == copy.Location)
            {
                return location;
            }
        }

        return null;
    }

    private async ValueTask WaitForAsync(Cid cid, RetrieveRequest request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.TokenWaitMax, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await _journal.WaitAsync(new Lsn(request.AtLeast.Value - 1), either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var refused = Refuse(
                "token-not-observed",
                $"This node has not seen position {request.AtLeast}; it is at {_journal.DurableLsn}. Ask the node that "
                + "gave the token, or read without it.");
            await JournalAsync(refused, cid, request.Identity);
            throw refused;
        }
    }

    private void Remember(ObjectRecord record, ReadOnlySpan<byte> proved, long version)
    {
        var pattern = Policies.PatternPolicy.For(record.Pattern);
        if (pattern.CacheAtAll && _cache.Admits(proved.Length))
        {
            _cache.Add(record, proved.ToArray(), version, pattern.CacheOnFirstRead);
        }
    }
}

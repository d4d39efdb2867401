using System.Collections.Immutable;
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
        if (IsToWaitFor(request.AtLeast))
        {
            await WaitForAsync(cid, request, cancellationToken);
        }

        var key = KeyOf(cid);
        return _cache.TryGet(key, out var cached, out var content)
            ? new CachedReader(this, cached, content)
            : await OpenAtLocationAsync(key, isForReader: true, cancellationToken);
    }

    public ValueTask ObserveAsync(RetrieveRequest request, Cid? about, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        return IsToWaitFor(request.AtLeast) ? WaitForAsync(about, request, cancellationToken) : ValueTask.CompletedTask;
    }

    /// <remarks>From memory it completes at once and allocates nothing.</remarks>
    public ValueTask<int?> ReadAsync(
        Cid cid, RetrieveRequest request, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (IsToWaitFor(request.AtLeast))
        {
            return ReadLaterAsync(cid, request, offset, destination, cancellationToken);
        }

        var key = KeyOf(cid);
        return _cache.TryGet(key, out var cached, out var content)
            && TryReadCached(key.Cid, cached, content, offset, destination.Span) is { } read
            ? new ValueTask<int?>(read)
            : ReadAtLocationAsync(key, offset, destination, cancellationToken);
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

    /// <param name="key">The object.</param>
    /// <param name="isForReader">Somebody waits for it: how long the location takes is measured.</param>
    /// <param name="cancellationToken">Stops it.</param>
    private async ValueTask<ContentReader?> OpenAtLocationAsync(
        ContentKey key, bool isForReader, CancellationToken cancellationToken)
    {
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

            var reader = new ContentReader(this, record, version, isForReader);
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

    private async ValueTask<int?> ReadLaterAsync(
        Cid cid, RetrieveRequest request, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        await WaitForAsync(cid, request, cancellationToken);
        return await ReadAsync(cid, RetrieveRequest.Default, offset, destination, cancellationToken);
    }

    private async ValueTask<int?> ReadAtLocationAsync(
        ContentKey key, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var reader = await OpenAtLocationAsync(key, isForReader: true, cancellationToken);
        return await BlockPipeWriter.ReadAsync(reader, offset, destination, cancellationToken);
    }

    /// <summary>
    /// The warmest that is not away first. What was found wrong comes last: most of it may be right, and all that is
    /// given out is proved.
    /// </summary>
    private ImmutableArray<Copy> InOrder(ImmutableArray<Copy> copies) => copies.Length <= 1
        ? copies
        : [.. copies.OrderBy(static copy => copy.State).ThenBy(copy => _absences.IsAway(copy.Location))
            .ThenBy(copy => LocationOf(copy)?.Traits.Tier)];

    /// <returns>Bytes read, fewer only at the end; null when the copy is not there.</returns>
    private async ValueTask<int?> ReadFullyAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, bool isTree,
        CancellationToken cancellationToken)
    {
        if (LocationOf(copy) is not { } location)
        {
            return null;
        }

        var filled = 0;
        do
        {
            var rest = destination[filled..];
            var read = isTree
                ? await location.ReadTreeAsync(key, copy, offset + filled, rest, cancellationToken)
                : await location.ReadAsync(key, copy, offset + filled, rest, cancellationToken);
            if (read is null)
            {
                return null;
            }

            filled += read.Value;
            if (read == 0)
            {
                break;
            }
        }
        while (filled < destination.Length);

        return filled;
    }

    /// <summary>
    /// Journals what was found wrong: the copy is read last from now on, and a repair is owed. That the journal takes
    /// nothing keeps nobody from reading another copy: whoever reads this one next finds it again.
    /// </summary>
    private async ValueTask TryQuarantineAsync(ContentKey key, Copy copy, string detail)
    {
        _metrics.Corrupt();
        var (cid, location) = (key.Cid.ToString(), copy.Location.Name);
        try
        {
            await RecordAsync(key, [new StorageCommand.Verify(key, copy.Location, copy.Incarnation, detail)]);
            Log.CopyQuarantined(_ports.Logger, cid, location, detail);
        }
        catch (LocationException failure)
        {
            Log.QuarantineNotTold(_ports.Logger, cid, location, detail, failure.Message);
        }
    }

    /// <summary>
    /// Decides what reading copies of one content showed, and appends all of it at once: one sync. The copies may have
    /// changed or gone since.
    /// </summary>
    private async ValueTask RecordAsync(ContentKey key, List<StorageCommand.Verify> shown) =>
        await AgreedAsync(() => RecordOnceAsync(key, shown));

    private async ValueTask<bool> RecordOnceAsync(ContentKey key, List<StorageCommand.Verify> shown)
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

            return changes.Count > 0;
        }
        finally
        {
            _contentLocks.Release(key);
        }
    }

    /// <summary>
    /// A BLAKE3 name is the root itself, and at hand; the record beside content in memory often is not.
    /// </summary>
    private static bool IsRoot(in Cid cid, ObjectRecord record, ReadOnlySpan<byte> whole)
    {
        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(whole, digest);
        return digest.SequenceEqual(
            cid.HashFunction == HashFunctions.Blake3 && cid.Digest.Length == Blake3.HashSizeBytes
                ? cid.Digest
                : record.Root.Digest);
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

    /// <summary>The journal is asked only by those who have a token: it may have to wait for its answer.</summary>
    private bool IsToWaitFor(Lsn atLeast) => atLeast > Lsn.None && atLeast > _journal.DurableLsn;

    private async ValueTask WaitForAsync(Cid? about, RetrieveRequest request, CancellationToken cancellationToken)
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
            await JournalAsync(refused, about, request.Identity);
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

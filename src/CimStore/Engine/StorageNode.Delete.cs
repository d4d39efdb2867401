using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

// Giving content up: references go first, bytes after the grace and only through the gate.
public sealed partial class StorageNode
{
    /// <summary>How many objects one append of the collector releases.</summary>
    private const int ReleasesPerAppendMax = 64;

    public async ValueTask<DeleteResult> DeleteAsync(
        Cid cid, DeleteRequest request, CancellationToken cancellationToken)
    {
        var key = KeyOf(cid);
        try
        {
            return await AgreedAsync(() => DeleteOnceAsync(key, request, cancellationToken));
        }
        catch (RefusedException refused)
        {
            await JournalAsync(refused, cid, request.Identity);
            throw;
        }
    }

    /// <summary>
    /// Releases what expired, through the gate, and gives the space back. Meant for a background loop and for an
    /// operator; may run beside anything.
    /// </summary>
    public async ValueTask<CollectResult> CollectAsync(CancellationToken cancellationToken)
    {
        if (_time.IsClockDoubted)
        {
            Log.ClockDoubted(_ports.Logger);
        }

        var due = new List<ContentKey>(ReleasesPerAppendMax);
        var released = (Objects: 0, Bytes: 0L);
        await foreach (var record in _catalog.ListExpiredAsync(_time.GetEarliestUtcNow(), cancellationToken))
        {
            due.Add(record.Key);
            if (due.Count == (_journal.SpansObjects ? ReleasesPerAppendMax : 1))
            {
                released = Add(released, await ReleaseAsync(due, cancellationToken));
                due.Clear();
            }
        }

        released = Add(released, await ReleaseAsync(due, cancellationToken));
        _metrics.Released(released.Objects);
        var given = await _ports.Maintenance.CompactAsync(cancellationToken);
        foreach (var location in Away())
        {
            given += await TidyAsync(location, cancellationToken);
        }

        if (released.Objects > 0 || given > 0)
        {
            Log.Collected(_ports.Logger, released.Objects, given);
        }

        return new CollectResult(released.Objects, released.Bytes, given);
    }

    /// <summary>A location that fails keeps its garbage for the next time, and stops none of the others.</summary>
    internal async ValueTask<long> TidyAsync(ILocation location, CancellationToken cancellationToken)
    {
        try
        {
            return await location.TidyAsync(cancellationToken);
        }
        catch (LocationException failure)
        {
            Log.TidyFailed(_ports.Logger, location.Id.Name, failure.Message);
            return 0;
        }
    }

    private async ValueTask<DeleteResult> DeleteOnceAsync(
        ContentKey key, DeleteRequest request, CancellationToken cancellationToken)
    {
        RefuseLateMessage(request.Identity.MessageId);
        var digest = request.Identity.MessageId is null ? default : RequestDigest.Of(key, request);
        var context = ContextOf(request.Identity, digest);
        await _commandLocks.AcquireAsync(context.MessageId, cancellationToken);
        try
        {
            return !digest.IsEmpty && await FindEarlierAsync(context, cancellationToken) is { } entry
                ? await ReplayDeleteAsync(key, entry, cancellationToken)
                : await DeleteLockedAsync(key, request, context, cancellationToken);
        }
        finally
        {
            _commandLocks.Release(context.MessageId);
        }
    }

    private static (int Objects, long Bytes) Add((int Objects, long Bytes) sum, (int Objects, long Bytes) more) =>
        (sum.Objects + more.Objects, sum.Bytes + more.Bytes);

    private async ValueTask<DeleteResult> DeleteLockedAsync(
        ContentKey key, DeleteRequest request, EventContext context, CancellationToken cancellationToken)
    {
        await _contentLocks.AcquireAsync(key, cancellationToken);
        try
        {
            var before = await _catalog.FindAsync(key, cancellationToken);
            var decision = ObjectDecisions.Decide(
                before, new StorageCommand.Delete(key, request.Reference),
                Facts(request.Grace) with { IsRemembered = !context.RequestDigest.IsEmpty });
            if (decision.Rejection is { } rejection)
            {
                throw await RefuseAsync(rejection, key.Cid, context);
            }

            var kept = before is { IsPresent: true } ? before.References : [];
            if (decision.Events is not [StorageEvent.Deleted deleted])
            {
                await RememberUnchangedAsync(decision, context);
                return new DeleteResult(
                    key.Cid, false, kept, before?.Tombstone?.GraceEndsAt, before?.Revision ?? Lsn.None);
            }

            var entries = await AppendAsync([new JournalChange(context, deleted, before, null)]);
            var left = deleted.Reference is null ? kept : kept.Remove(deleted.Reference);
            return new DeleteResult(key.Cid, true, left, deleted.GraceEndsAt, entries[0].Lsn);
        }
        finally
        {
            _contentLocks.Release(key);
        }
    }

    /// <summary>What the command did is in the journal; what keeps the content is told as of now.</summary>
    private async ValueTask<DeleteResult> ReplayDeleteAsync(
        ContentKey key, JournalEntry entry, CancellationToken cancellationToken)
    {
        var now = await _catalog.FindAsync(key, cancellationToken);
        var kept = now is { IsPresent: true } ? now.References : [];
        return entry.Event switch
        {
            StorageEvent.Deleted { GraceEndsAt: { } end } => new DeleteResult(key.Cid, true, [], end, entry.Lsn),
            StorageEvent.Deleted => new DeleteResult(key.Cid, true, kept, null, entry.Lsn),
            StorageEvent.Unchanged unchanged => new DeleteResult(
                key.Cid, false, kept, now?.Tombstone?.GraceEndsAt, unchanged.Found),
            _ => throw new IntegrityException($"The journal entry {entry.Lsn} of a delete is none."),
        };
    }

    private async ValueTask<(int Objects, long Bytes)> ReleaseAsync(
        List<ContentKey> due, CancellationToken cancellationToken)
    {
        due.Sort((left, right) => left.Cid.CompareTo(right.Cid));
        var locked = 0;
        var releasing = new List<ContentKey>(due.Count);
        try
        {
            for (; locked < due.Count; locked++)
            {
                await _contentLocks.AcquireAsync(due[locked], cancellationToken);
            }

            var changes = new List<JournalChange>(due.Count);
            foreach (var key in due)
            {
                await PlanReleaseAsync(key, changes, releasing, cancellationToken);
            }

            if (changes.Count > 0)
            {
                await AppendAsync(changes);
                await DropBytesAsync(changes);
            }

            return (releasing.Count, changes.Sum(change => change.Before!.SizeBytes));
        }
        catch (LocationException changed) when (changed.Fault == LocationFault.Conflict)
        {
            // Somebody has use for it again, or released it: the next round sees.
            return default;
        }
        finally
        {
            releasing.ForEach(_holds.EndRelease);
            while (locked-- > 0)
            {
                _contentLocks.Release(due[locked]);
            }
        }
    }

    /// <summary>The journal's own log gave its copies up with the entries; the others have to be told.</summary>
    private async ValueTask DropBytesAsync(List<JournalChange> changes)
    {
        foreach (var change in changes)
        {
            if (change.Event is StorageEvent.Released released
                && !(_journal.HoldsContent && released.Location == _home.Id))
            {
                await DropBytesAsync(released.Key, released.Location, released.Incarnation);
            }
        }
    }

    private async ValueTask PlanReleaseAsync(
        ContentKey key, List<JournalChange> changes, List<ContentKey> releasing, CancellationToken cancellationToken)
    {
        var record = await _catalog.FindAsync(key, cancellationToken);
        if (record?.ExpiresAt is null || !Judge(record).IsAllowed || !_holds.TryBeginRelease(key))
        {
            return;
        }

        releasing.Add(key);
        _cache.Remove(key);
        foreach (var copy in record.Copies)
        {
            var happened = new StorageEvent.Released(key, copy.Location, copy.Incarnation);
            changes.Add(new JournalChange(ContextOf(CommandIdentity.None, default), happened, record, null));

            // The next copy's event follows this one in the same append, so it sees the record after it.
            record = ObjectHistory.Apply(record, happened, record.Revision, _time.GetUtcNow())!;
        }
    }

    /// <summary>The one place that says whether bytes may go.</summary>
    private ReleaseVerdict Judge(ObjectRecord record) => ReleaseGate.Ask(
        record, ReleaseFacts.Nobody with { ReadersInFlight = _holds.Count(record.Key) },
        _time.GetEarliestUtcNow());
}

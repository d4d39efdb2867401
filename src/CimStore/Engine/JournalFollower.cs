using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>
/// Reads what the journal tells since the last time into the due index: new objects, reads, moves, copies lost and
/// gained. The put path knows nothing of it.
/// </summary>
internal sealed class JournalFollower(
    IJournal journal, ICatalog catalog, IDueIndex due, Func<ObjectRecord, int> copiesOf, TimeSpan scrubCycle,
    TimeProvider time)
{
    private const int ObjectsPerApplyMax = 512;
    private const int EntriesPerApplyMax = 4096;

    private readonly Dictionary<ContentKey, Told> _told = [];
    private long _gained;
    private long _copiesGained;

    /// <summary>Entries so far that told of copies of what was here: only they make another copy spare.</summary>
    public long CopiesGained => Volatile.Read(ref _copiesGained);

    /// <returns>How many entries were read.</returns>
    public async ValueTask<long> FollowAsync(DueDating dating, CancellationToken cancellationToken)
    {
        // What an earlier time began and did not end: it is read again.
        _told.Clear();
        _gained = 0;
        long followed = 0;
        var (seen, sinceApply) = (due.Seen, 0);
        await foreach (var entry in journal.ReadAsync(seen, cancellationToken))
        {
            Note(entry);
            (seen, followed, sinceApply) = (entry.Lsn, followed + 1, sinceApply + 1);
            if (_told.Count >= ObjectsPerApplyMax || sinceApply >= EntriesPerApplyMax)
            {
                await ApplyAsync(dating, seen, cancellationToken);
                sinceApply = 0;
            }
        }

        if (sinceApply > 0)
        {
            await ApplyAsync(dating, seen, cancellationToken);
        }

        return followed;
    }

    /// <summary>Whether copies are lacking or wrong; of parts the catalog says nothing.</summary>
    public bool IsOwing(ObjectRecord record) =>
        copiesOf(record) < ConsistencyTable.CopiesRequired(record.Class)
        || record.Copies.Any(static copy => copy.State == CopyState.Quarantined);

    private void Note(JournalEntry entry)
    {
        if (entry.Event is StorageEvent.Failed or StorageEvent.Unchanged
            || ObjectHistory.KeyOf(entry.Event) is not { } key)
        {
            return;
        }

        _gained +=
            entry.Event is StorageEvent.Replicated or StorageEvent.Repaired or StorageEvent.Recovered ? 1 : 0;
        var told = _told.GetValueOrDefault(key);
        _told[key] = entry.Event switch
        {
            StorageEvent.Retrieved read => told with { Reads = told.Reads + read.Count, LastReadAt = entry.At },
            StorageEvent.Migrated => told with { MovedAt = entry.At },
            _ => told with { ChangedAt = told.ChangedAt ?? entry.At },
        };
    }

    private async ValueTask ApplyAsync(DueDating dating, Lsn seen, CancellationToken cancellationToken)
    {
        var changes = new List<DueChange>(_told.Count);
        var now = time.GetUtcNow();
        foreach (var (key, told) in _told)
        {
            var before = await due.FindAsync(key, cancellationToken);
            var record = await catalog.FindAsync(key, cancellationToken);
            if (record is { IsPresent: true })
            {
                changes.Add(new DueChange(key, before, After(record, before, told, dating, now)));
            }
            else if (before is not null)
            {
                changes.Add(new DueChange(key, before, null));
            }
        }

        await due.ApplyAsync(changes, seen, cancellationToken);
        Volatile.Write(ref _copiesGained, _copiesGained + _gained);
        _told.Clear();
        _gained = 0;
    }

    private DueRecord After(
        ObjectRecord record, DueRecord? before, Told told, DueDating dating, DateTimeOffset now)
    {
        var known = before?.Facts;
        var isNewLife = known is null || known.CreatedAt != record.CreatedAt;
        var facts = new MigrationFacts
        {
            SizeBytes = record.SizeBytes,
            CreatedAt = record.CreatedAt,
            Tier = record.Tier,
            TierSince = told.MovedAt ?? (isNewLife ? record.CreatedAt : known!.TierSince),
            Accesses = isNewLife ? 0 : known!.Accesses,
            Rate = isNewLife ? default : known!.Rate,
            LastAccessAt = isNewLife ? null : known!.LastAccessAt,
            Class = record.Class,
            DataClass = record.DataClass,
            Pattern = record.Pattern,
        };
        if (told.Reads > 0)
        {
            facts = facts.Accessed(told.Reads, told.LastReadAt, dating.Policy.HalfLife);
        }

        var owes = IsOwing(record) || before?.Debt is { LacksParts: true };
        var debt = owes ? before?.Debt ?? new DebtRecord(told.ChangedAt ?? now, now, 0, "") : null;
        var verifyBy = Scrubber.VerifyBy(record, scrubCycle);
        if (told.ChangedAt is null && !isNewLife && verifyBy < before!.VerifyBy)
        {
            // Put off, as a location was away. That somebody read it changes nothing about that.
            verifyBy = before.VerifyBy;
        }

        return dating.Date(new DueRecord(record.Key, facts, dating.Stamp, null, debt, verifyBy), now);
    }

    /// <summary>What was read about one object since the last time it was applied.</summary>
    private readonly record struct Told(
        long Reads, DateTimeOffset LastReadAt, DateTimeOffset? MovedAt, DateTimeOffset? ChangedAt);
}

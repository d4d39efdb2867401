using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

// A journal that several nodes write: what was decided on may be another when it is told of. Then it is decided anew.
public sealed partial class StorageNode
{
    /// <summary>So many nodes may change one object just before this one does.</summary>
    private const int ConflictsMax = 64;

    /// <param name="attempt">Looks, decides and appends; nothing of it stands when it was in conflict.</param>
    /// <exception cref="LocationException">As the attempt; a conflict when there was one each time.</exception>
    private static async ValueTask<T> AgreedAsync<T>(Func<ValueTask<T>> attempt)
    {
        for (var count = 1; ; count++)
        {
            try
            {
                return await attempt();
            }
            catch (LocationException changed) when (changed.Fault == LocationFault.Conflict && count < ConflictsMax)
            {
                // The catalog has what changed.
            }
        }
    }

    /// <summary>
    /// A Store where the journal holds no content: the bytes are sealed first, once, and then told of. What nobody can
    /// have been told of is given up.
    /// </summary>
    private async ValueTask<StoreResult> CommitSealedAsync(
        ContentKey key, Content.Cid root, long sizeBytes, StoreRequest request, StoreTerms terms, Admission admission,
        EventContext context, CancellationToken cancellationToken)
    {
        var sealing = new Sealing(admission, new CopyManifest(key, sizeBytes, root));
        await _commandLocks.AcquireAsync(context.MessageId, cancellationToken);
        try
        {
            await _contentLocks.AcquireAsync(key, cancellationToken);
            try
            {
                return await AgreedAsync(
                    () => CommitSealedOnceAsync(sealing, request, terms, context, cancellationToken));
            }
            finally
            {
                _cache.Remove(key);
                _contentLocks.Release(key);
            }
        }
        finally
        {
            _commandLocks.Release(context.MessageId);
            if (sealing is { Copy: { } unneeded, IsTold: false })
            {
                await DropBytesAsync(key, _home.Id, unneeded.Incarnation);
            }
        }
    }

    private async ValueTask<StoreResult> CommitSealedOnceAsync(
        Sealing sealing, StoreRequest request, StoreTerms terms, EventContext context,
        CancellationToken cancellationToken)
    {
        var (key, sizeBytes, root) = (sealing.Manifest.Key, sealing.Manifest.SizeBytes, sealing.Manifest.Root);
        if (!context.RequestDigest.IsEmpty
            && await FindEarlierAsync(context, cancellationToken) is { Event: StorageEvent.Stored earlier } entry)
        {
            return Replay(earlier, entry);
        }

        var before = await _catalog.FindAsync(key, cancellationToken);
        var decision = DecideStore(before, key, root, sizeBytes, request, terms, context);
        if (decision.Rejection is { } rejection)
        {
            throw await RefuseAsync(rejection, key.Cid, context);
        }

        if (decision.Events is not [StorageEvent.Stored stored])
        {
            return AlreadyHeld(before!, context, terms);
        }

        if (!stored.Deduplicated)
        {
            sealing.SealedAt ??= _time.GetTimestamp();
            var copy = sealing.Copy ??= await SealAtHomeAsync(sealing, cancellationToken);
            stored = stored with
            {
                Incarnation = copy.Incarnation,
                Header = copy.Header,
                Receipt = stored.Receipt with { Synced = copy.Synced },
            };
        }

        if (sealing.SealedAt is { } sealedAt && _time.GetElapsedTime(sealedAt) > OnItsWayMax / 2)
        {
            // A comparison on another node may take the copy for one that nobody told of.
            throw new LocationException(
                LocationFault.Throttled, 
                "This node was held up for too long after it had written the content. Store it again.");
        }

        var lsn = await TellOfStoreAsync(sealing, new JournalChange(context, stored, before, null));
        var replaced = stored.Deduplicated ? null : before?.Copies.FirstOrDefault(copy => copy.Location == _home.Id);
        if (replaced is not null && replaced.Incarnation != stored.Incarnation)
        {
            await DropBytesAsync(key, replaced.Location, replaced.Incarnation);
        }

        return ResultOf(stored, lsn, context);
    }

    private async ValueTask<Lsn> TellOfStoreAsync(Sealing sealing, JournalChange change)
    {
        var isOfCopy = change.Event is StorageEvent.Stored { Deduplicated: false };
        try
        {
            // Not cancellable: whether the append came true must be known before the lock is given up.
            var entries = await _journal.AppendAsync([change], CancellationToken.None);
            sealing.IsTold = isOfCopy;
            return entries[0].Lsn;
        }
        catch (LocationException failure) when (failure.Fault == LocationFault.Unknown)
        {
            // The entry may come true: the bytes stay where it says.
            sealing.IsTold = isOfCopy;
            _isInDoubt = true;
            throw;
        }
    }

    private async ValueTask<SealedCopy> SealAtHomeAsync(Sealing sealing, CancellationToken cancellationToken)
    {
        if (sealing.Admission.Staged is { } whole)
        {
            return await whole.SealAsync(sealing.Manifest, cancellationToken);
        }

        await RequireRoomAsync(sealing.Manifest.SizeBytes, cancellationToken);
        await using var staged = await _home.StageAsync(sealing.Manifest.SizeBytes, cancellationToken);
        foreach (var part in sealing.Admission.Inline)
        {
            await staged.WriteAsync(part, cancellationToken);
        }

        return await staged.SealAsync(sealing.Manifest, cancellationToken);
    }

    /// <summary>
    /// The object's part first, then the name, then what the name left: wherever it breaks off, no name names what may
    /// go, and a reference too many is told from a live one by what it was decided on.
    /// </summary>
    private async ValueTask<NameRecord> AppendNameInStepsAsync(
        Decision decision, Reference reference, ObjectRecord subject, ObjectRecord? before, EventContext context)
    {
        var happened = decision.Events[0];
        var basis = happened switch
        {
            StorageEvent.NameSet set => set.Previous,
            StorageEvent.NameDeleted deleted => deleted.Previous,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (happened is StorageEvent.NameSet)
        {
            var pending = new StorageCommand.Refer(subject.Key, reference with { Base = basis });
            var kept = ObjectDecisions.Decide(subject, pending, Facts()).Events;
            await AppendAsync(kept.Select(one => new JournalChange(
                context with { RequestDigest = default }, one, subject, null)).ToList());
        }

        var entry = await AppendNameAsync(new JournalChange(context, happened, null, null), subject.Key, reference);
        if (before is not null)
        {
            await UnreferAsync(before.Key, reference);
        }

        return entry.ApplyTo(default(NameRecord))!;
    }

    private async ValueTask<JournalEntry> AppendNameAsync(JournalChange change, ContentKey target, Reference reference)
    {
        try
        {
            var entries = await AppendAsync([change]);
            return entries[0];
        }
        catch (LocationException changed) when (changed.Fault == LocationFault.Conflict)
        {
            await UnreferAsync(target, reference);
            throw;
        }
    }

    /// <summary>Takes from an object the references that changes of a name left there and that can never count again.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    private ValueTask<bool> UnreferAsync(ContentKey key, Reference reference) => AgreedAsync(async () =>
    {
        // The object first: what refers to it after this makes the append a conflict.
        var record = await _catalog.FindAsync(key, CancellationToken.None);
        var name = await _catalog.FindNameAsync(
            reference.Owner, reference.Namespace, reference.Name!, CancellationToken.None);
        if (record is not { IsPresent: true })
        {
            return false;
        }

        var dead = record.References.FirstOrDefault(one => one with { Base = Lsn.None } == reference
            && one.Base != (name?.Revision ?? Lsn.None) && !(name?.Cid == key.Cid && name?.Previous == one.Base));
        if (dead is null)
        {
            return false;
        }

        var changes = new List<JournalChange>(1);
        Plan(record, new StorageCommand.Unrefer(key, dead), changes);
        await AppendAsync(changes);
        return true;
    });

    /// <summary>The bytes of one Store, and what became of them.</summary>
    private sealed class Sealing(Admission admission, CopyManifest manifest)
    {
        public Admission Admission { get; } = admission;

        public CopyManifest Manifest { get; } = manifest;

        public SealedCopy? Copy { get; set; }

        /// <summary>When sealing began.</summary>
        public long? SealedAt { get; set; }

        /// <summary>An entry refers to the copy, or may.</summary>
        public bool IsTold { get; set; }
    }
}

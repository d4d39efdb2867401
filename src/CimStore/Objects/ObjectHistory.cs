using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Objects;

/// <summary>
/// What events make of records. Pure and total: an event is a fact, so nothing here refuses. The catalog is this
/// function folded over the journal; what it holds beyond that can be thrown away.
/// </summary>
public static class ObjectHistory
{
    /// <returns>The one object that the event changes, or null when it changes none.</returns>
    public static ContentKey? KeyOf(StorageEvent happened) => happened switch
    {
        StorageEvent.Stored stored => stored.Key,
        StorageEvent.Retrieved retrieved => retrieved.Key,
        StorageEvent.Replicated replicated => replicated.Key,
        StorageEvent.Migrated migrated => migrated.Key,
        StorageEvent.Failed failed => failed.Key,
        StorageEvent.Deleted deleted => deleted.Key,
        StorageEvent.Released released => released.Key,
        StorageEvent.Verified verified => verified.Key,
        StorageEvent.CorruptionDetected corrupt => corrupt.Key,
        StorageEvent.Repaired repaired => repaired.Key,
        StorageEvent.Recovered recovered => recovered.Key,
        StorageEvent.Referenced referenced => referenced.Key,
        StorageEvent.NameSet set => set.Target,
        StorageEvent.NameDeleted deleted => deleted.Target,
        StorageEvent.Unchanged unchanged => unchanged.Key,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <returns>The reference whose name the event changes, or null when it changes no name.</returns>
    public static Reference? NameOf(StorageEvent happened) => happened switch
    {
        StorageEvent.NameSet set => set.Reference,
        StorageEvent.NameDeleted deleted => deleted.Reference,
        _ => null,
    };

    /// <returns>The record after the event; null while the object was never stored.</returns>
    public static ObjectRecord? Apply(ObjectRecord? before, StorageEvent happened, Lsn lsn, DateTimeOffset at) =>
        happened switch
        {
            StorageEvent.Stored stored => Store(before, stored, lsn, at),
            StorageEvent.Recovered recovered => Recover(before, recovered, lsn),
            _ when before is null => null,
            StorageEvent.Retrieved or StorageEvent.Failed or StorageEvent.Unchanged => before,
            StorageEvent.Replicated replicated => before with
            {
                Copies = replicated.Replicas.Aggregate(before.Copies, (copies, copy) => Put(copies, Own(copy, lsn))),
                Revision = lsn,
            },
            StorageEvent.Migrated migrated => before with { Tier = migrated.To, Revision = lsn },
            StorageEvent.Deleted deleted =>
                Unrefer(before, deleted.Reference, deleted.GraceEndsAt, lsn, at),
            StorageEvent.Released released => Release(before, released, lsn, at),
            StorageEvent.Verified verified => ChangeCopy(
                before, verified.Location, verified.Incarnation, copy => copy with { VerifiedAt = at }, lsn),
            StorageEvent.CorruptionDetected corrupt => ChangeCopy(
                before, corrupt.Location, corrupt.Incarnation,
                copy => copy with { State = CopyState.Quarantined }, lsn),
            StorageEvent.Repaired repaired => before with
            {
                Copies = Put(before.Copies, Own(repaired.Copy, lsn)),
                Revision = lsn,
            },
            StorageEvent.Referenced referenced => Refer(before, referenced.Reference, lsn),
            StorageEvent.NameSet set => Refer(before, set.Reference, lsn),
            StorageEvent.NameDeleted deleted => Unrefer(before, deleted.Reference, deleted.GraceEndsAt, lsn, at),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <returns>The name's record after the event; unchanged when the event is about no name.</returns>
    public static NameRecord? Apply(NameRecord? before, StorageEvent happened, Lsn lsn, DateTimeOffset at) =>
        happened switch
        {
            StorageEvent.NameSet { Reference: { Name: { } name } reference } set => new NameRecord(
                reference.Owner, reference.Namespace, name, set.Target.Cid, lsn, at, set.Previous),
            StorageEvent.NameDeleted { Reference: { Name: { } name } reference } deleted => new NameRecord(
                reference.Owner, reference.Namespace, name, null, lsn, at, deleted.Previous),
            _ => before,
        };

    /// <summary>A copy in the journal's own log has the position of the entry that admits it.</summary>
    private static Copy Own(Copy copy, Lsn lsn) =>
        copy.Incarnation == 0 ? copy with { Incarnation = lsn.Value } : copy;

    private static ObjectRecord Store(ObjectRecord? before, StorageEvent.Stored stored, Lsn lsn, DateTimeOffset at)
    {
        // A store over a tombstone starts a new life: neither the old references nor its dates count.
        var earlier = before is { Tombstone: null } ? before : null;
        var copies = before?.Copies ?? [];
        if (!stored.Deduplicated)
        {
            var copy = new Copy(stored.Location, stored.Incarnation, CopyState.Verified, stored.Header, at);
            copies = Put(copies, Own(copy, lsn));
        }

        var references = Add(earlier?.References ?? [], stored.Reference);
        return new ObjectRecord
        {
            Key = stored.Key,
            SizeBytes = stored.SizeBytes,
            Root = stored.Root,
            Class = earlier is null || stored.Class > earlier.Class ? stored.Class : earlier.Class,
            DataClass = earlier?.DataClass ?? stored.DataClass,
            Pattern = earlier?.Pattern ?? stored.Pattern,
            Tier = earlier?.Tier ?? stored.Tier,
            Copies = copies,
            References = references,
            Created = earlier?.Created ?? lsn,
            CreatedAt = earlier?.CreatedAt ?? at,
            Revision = lsn,
            UnreferencedUntil = references.IsEmpty ? stored.GraceEndsAt ?? earlier?.UnreferencedUntil : null,
        };
    }

    private static ObjectRecord Recover(ObjectRecord? before, StorageEvent.Recovered recovered, Lsn lsn)
    {
        var copies = Put(before?.Copies ?? [], Own(recovered.Copy, lsn));
        return before is { IsPresent: true }
            ? before with { Copies = copies, Revision = lsn }
            : new ObjectRecord
            {
                Key = recovered.Key,
                SizeBytes = recovered.SizeBytes,
                Root = recovered.Root,
                Class = recovered.Class,
                Tier = recovered.Tier,
                Copies = copies,
                Created = lsn,
                CreatedAt = recovered.CreatedAt,
                Revision = lsn,
            };
    }

    private static ObjectRecord Refer(ObjectRecord before, Reference reference, Lsn lsn) => before with
    {
        References = Add(before.References, reference),
        UnreferencedUntil = null,
        Revision = lsn,
    };

    private static ObjectRecord Unrefer(
        ObjectRecord before, Reference? reference, DateTimeOffset? graceEndsAt, Lsn lsn, DateTimeOffset at)
    {
        var kept = reference is null ? before.References : before.References.Remove(reference);
        return graceEndsAt is { } end
            ? before with
            {
                References = [],
                Tombstone = new Tombstone(lsn, at, end, null),
                UnreferencedUntil = null,
                Revision = lsn,
            }
            : before with { References = kept, Revision = lsn };
    }

    private static ObjectRecord Release(
        ObjectRecord before, StorageEvent.Released released, Lsn lsn, DateTimeOffset at)
    {
        var copies = before.Copies.RemoveAll(
            copy => copy.Location == released.Location && copy.Incarnation == released.Incarnation);
        var tombstone = before.Tombstone
            ?? (before.UnreferencedUntil is { } until ? new Tombstone(lsn, at, until, null) : null);
        return before with
        {
            Copies = copies,
            Tombstone = copies.IsEmpty && tombstone is not null ? tombstone with { Released = lsn } : tombstone,
            UnreferencedUntil = null,
            Revision = lsn,
        };
    }

    private static ObjectRecord ChangeCopy(
        ObjectRecord before, LocationId location, ulong incarnation, Func<Copy, Copy> change, Lsn lsn)
    {
        for (var index = 0; index < before.Copies.Length; index++)
        {
            if (before.Copies[index].Location == location && before.Copies[index].Incarnation == incarnation)
            {
                var changed = change(before.Copies[index]);
                return before with { Copies = before.Copies.SetItem(index, changed), Revision = lsn };
            }
        }

        return before;
    }

    /// <summary>A location holds at most one copy of a content: a newer one takes the older one's place.</summary>
    private static ImmutableArray<Copy> Put(ImmutableArray<Copy> copies, Copy copy)
    {
        for (var index = 0; index < copies.Length; index++)
        {
            if (copies[index].Location == copy.Location)
            {
                return copies.SetItem(index, copy);
            }
        }

        return copies.Add(copy);
    }

    private static ImmutableArray<Reference> Add(ImmutableArray<Reference> references, Reference? reference) =>
        reference is null || references.Contains(reference) ? references : references.Add(reference);
}

using System.Diagnostics;
using CimStore.Locations;

namespace CimStore.Objects;

/// <summary>
/// What may happen to an object. Pure: the same record, command and facts give the same decision. Repeating a command
/// whose events were applied yields none.
/// </summary>
public static class ObjectDecisions
{
    public static Decision Decide(ObjectRecord? before, StorageCommand command, DecisionFacts facts) => command switch
    {
        StorageCommand.Store store => Store(before, store, facts),
        StorageCommand.SetName set => SetName(before, set, facts),
        StorageCommand.DeleteName delete => DeleteName(before, delete, facts),
        StorageCommand.Recover recover => Recover(before, recover, facts),
        _ when before is not { IsPresent: true } => command is StorageCommand.Delete absent
            ? Unchanged(absent.Key, before?.Revision, facts)
            : Decision.Reject("content-not-found", "This content is not here."),
        StorageCommand.Retrieve => Decision.Accept(),
        StorageCommand.Replicate replicate => Replicate(before, replicate, facts),
        StorageCommand.Migrate migrate => Migrate(before, migrate, facts),
        StorageCommand.AddCopy add => AddCopy(before, add),
        StorageCommand.GiveUpCopy giveUp => GiveUpCopy(before, giveUp),
        StorageCommand.Delete delete => Delete(before, delete, facts),
        StorageCommand.Refer refer => before.References.Contains(refer.Reference)
            ? Decision.Accept()
            : Decision.Accept(new StorageEvent.Referenced(before.Key, refer.Reference)),
        StorageCommand.Unrefer unrefer => before.References.Contains(unrefer.Reference)
            ? Decision.Accept(new StorageEvent.Deleted(
                before.Key, unrefer.Reference, GraceAfter(before, facts)))
            : Decision.Accept(),
        StorageCommand.Verify verify => Verify(before, verify, facts),
        _ => throw new UnreachableException(),
    };

    /// <summary>A hit to count on: present, with a copy neither found wrong nor on its way out.</summary>
    public static bool IsHeld(ObjectRecord? record) =>
        record is { IsPresent: true } && record.Copies.Any(copy => copy.State == CopyState.Verified);

    private static Decision Store(ObjectRecord? before, StorageCommand.Store store, DecisionFacts facts)
    {
        if (store.Reference?.Name is not null)
        {
            return Decision.Reject("reference-named", "Store with a pin or without a reference, then set the name.");
        }

        var isHeld = IsHeld(before);
        var isReferred = store.Reference is null
            ? isHeld
            : isHeld && before!.References.Contains(store.Reference);
        if (isReferred && !facts.IsRemembered && store.Class <= before!.Class)
        {
            return Decision.Accept();
        }

        var isOrphan = store.Reference is null && (before is not { IsPresent: true } || before.References.IsEmpty);
        return Decision.Accept(new StorageEvent.Stored(
            store.Key, store.Root, store.SizeBytes, facts.Location, facts.Tier, store.Class, store.DataClass,
            store.Pattern, CopyHeader.Plain, store.Reference, isHeld, facts.Receipt!,
            isOrphan ? facts.Now + facts.Grace : null));
    }

    private static Decision Replicate(ObjectRecord before, StorageCommand.Replicate replicate, DecisionFacts facts)
    {
        if (replicate.Factor < 1)
        {
            return Decision.Reject("factor-invalid", "A factor is at least 1.");
        }

        var held = before.Copies.Count(copy => copy.State == CopyState.Verified);
        return replicate.Factor <= held
            ? Decision.Accept()
            : Decision.Reject(
                "no-location",
                $"{replicate.Factor} copies need as many distinct failure domains; this node has {facts.Domains}. "
                + "Bind another location first.");
    }

    private static Decision Migrate(ObjectRecord before, StorageCommand.Migrate migrate, DecisionFacts facts)
    {
        if (before.Tier == migrate.Tier)
        {
            return Decision.Accept();
        }

        if (before.Copies.Any(copy => copy.State == CopyState.Verified
            && facts.TierOf.TryGetValue(copy.Location, out var tier) && tier == migrate.Tier))
        {
            return Decision.Accept(new StorageEvent.Migrated(before.Key, before.Tier, migrate.Tier));
        }

        return Decision.Reject("no-location", facts.Tiers.Contains(migrate.Tier)
            ? $"No verified copy is at the tier {migrate.Tier} yet."
            : $"No location is bound to the tier {migrate.Tier}; this node has {string.Join(", ", facts.Tiers)}.");
    }

    private static Decision AddCopy(ObjectRecord before, StorageCommand.AddCopy add)
    {
        var held = before.Copies.FirstOrDefault(copy => copy.Location == add.Copy.Location);
        return held switch
        {
            null => Decision.Accept(new StorageEvent.Replicated(before.Key, [add.Copy])),
            { State: CopyState.Verified } when held.Incarnation == add.Copy.Incarnation => Decision.Accept(),
            { State: CopyState.Verified } => Decision.Reject(
                "copy-exists", $"{held.Location} has a verified copy of this content already."),
            _ => Decision.Accept(new StorageEvent.Repaired(before.Key, add.Copy)),
        };
    }

    private static Decision Recover(ObjectRecord? before, StorageCommand.Recover recover, DecisionFacts facts)
    {
        if (before is null)
        {
            // A clock that was ahead when the copy was made must not make the content younger than now.
            var createdAt = recover.CreatedAt < facts.Now ? recover.CreatedAt : facts.Now;
            return Decision.Accept(new StorageEvent.Recovered(
                recover.Key, recover.Root, recover.SizeBytes, recover.Tier, recover.Class, recover.Copy, createdAt));
        }

        if (!before.IsPresent)
        {
            return Decision.Reject("content-deleted", "This content was deleted here: nobody asked to have it back.");
        }

        return before.Root == recover.Root && before.SizeBytes == recover.SizeBytes
            ? AddCopy(before, new StorageCommand.AddCopy(recover.Key, recover.Copy))
            : Decision.Reject(
                "content-differs",
                $"The copy says {recover.SizeBytes} bytes with the root {recover.Root}; known are {before.SizeBytes} "
                + $"with {before.Root}.");
    }

    private static Decision GiveUpCopy(ObjectRecord before, StorageCommand.GiveUpCopy giveUp)
    {
        if (!before.Copies.Any(copy => copy.Location == giveUp.Location && copy.Incarnation == giveUp.Incarnation))
        {
            return Decision.Accept();
        }

        return before.Copies.Any(copy => copy.State == CopyState.Verified && copy.Location != giveUp.Location)
            ? Decision.Accept(new StorageEvent.Released(before.Key, giveUp.Location, giveUp.Incarnation))
            : Decision.Reject("last-copy", "It is the last verified copy.");
    }

    private static Decision Delete(ObjectRecord before, StorageCommand.Delete delete, DecisionFacts facts)
    {
        if (delete.Reference?.Name is not null)
        {
            return Decision.Reject("reference-named", "A name keeps this reference: delete the name instead.");
        }

        var isReferred = delete.Reference is not null && before.References.Contains(delete.Reference);
        var isUnreferenced = before.References.IsEmpty;
        if (!isReferred && !isUnreferenced)
        {
            return Unchanged(before.Key, before.Revision, facts);
        }

        var isLast = isUnreferenced || before.References.Length == 1;
        return Decision.Accept(new StorageEvent.Deleted(
            before.Key, isReferred ? delete.Reference : null, isLast ? facts.Now + facts.Grace : null));
    }

    private static Decision Verify(ObjectRecord before, StorageCommand.Verify verify, DecisionFacts facts)
    {
        var copy = before.Copies.FirstOrDefault(
            held => held.Location == verify.Location && held.Incarnation == verify.Incarnation);
        return (copy, verify.Fault) switch
        {
            (null, _) => Decision.Accept(),
            ({ State: CopyState.Quarantined }, _) => Decision.Accept(),
            (_, { } fault) => Decision.Accept(new StorageEvent.CorruptionDetected(
                before.Key, verify.Location, verify.Incarnation, fault)),
            _ when copy.VerifiedAt >= facts.Now => Decision.Accept(),
            _ => Decision.Accept(new StorageEvent.Verified(before.Key, verify.Location, verify.Incarnation)),
        };
    }

    private static Decision SetName(ObjectRecord? before, StorageCommand.SetName set, DecisionFacts facts)
    {
        var current = facts.Name;
        if (set.MustBeNew && current?.Cid is not null)
        {
            return Decision.Reject("name-exists", $"The name exists and names {current.Cid}.");
        }

        if (set.Expected is { } expected && current?.Cid != expected)
        {
            return Decision.Reject(
                "name-changed", $"The name does not name {expected} but {current?.Cid?.ToString() ?? "nothing"}.");
        }

        if (!IsHeld(before))
        {
            return Decision.Reject("content-not-found", $"{set.Target} is not here, so nothing can name it.");
        }

        if (current?.Cid == set.Target)
        {
            return Unchanged(before!.Key, current.Revision, facts);
        }

        var moved = new StorageEvent.NameSet(
            set.Reference, before!.Key, current?.Cid, current?.Revision ?? Lsn.None);
        return facts.NamedBefore is { IsPresent: true } old && old.References.Contains(set.Reference)
            ? Decision.Accept(moved, new StorageEvent.Deleted(old.Key, set.Reference, GraceAfter(old, facts)))
            : Decision.Accept(moved);
    }

    private static Decision DeleteName(ObjectRecord? before, StorageCommand.DeleteName delete, DecisionFacts facts)
    {
        if (delete.Expected is { } expected && facts.Name?.Cid != expected)
        {
            return Decision.Reject(
                "name-changed", $"The name does not name {expected} but {facts.Name?.Cid?.ToString() ?? "nothing"}.");
        }

        return facts.Name is not { Cid: not null } current || before is null
            ? Unchanged(before?.Key, facts.Name?.Revision, facts)
            : Decision.Accept(new StorageEvent.NameDeleted(
                delete.Reference, before.Key, current.Revision,
                before.References is [var only] && only == delete.Reference ? facts.Now + facts.Grace : null));
    }

    private static Decision Unchanged(ContentKey? key, Lsn? found, DecisionFacts facts) => facts.IsRemembered
        ? Decision.Accept(new StorageEvent.Unchanged(key, found ?? Lsn.None))
        : Decision.Accept();

    private static DateTimeOffset? GraceAfter(ObjectRecord losing, DecisionFacts facts) =>
        losing.References.Length == 1 ? facts.Now + facts.Grace : null;
}

using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

// A location is emptied object by object: another copy first, then the one there given up through the gate.
public sealed partial class StorageNode
{
    /// <summary>Moves an object's copy off a location; repeating it finds nothing to do.</summary>
    internal async ValueTask<JobOutcome> MoveOffAsync(
        ContentKey key, LocationId from, CancellationToken cancellationToken)
    {
        var tried = new HashSet<LocationId>();
        LocationException? failure = null;
        var isChanged = false;
        while (true)
        {
            var record = await _catalog.FindAsync(key, cancellationToken);
            if (record is not { IsPresent: true } || CopyAt(record, from) is not { } copy)
            {
                return isChanged ? JobOutcome.Changed : JobOutcome.Nothing;
            }

            var rest = record with { Copies = record.Copies.Remove(copy) };
            var copies = CopyCount.Of(rest, _thin.SeenBy(rest, ReliedOn()), FailureDomain);
            var required = ConsistencyTable.CopiesRequired(record.Class);
            if (copies < required && NextAwayFrom(rest, tried) is { } target)
            {
                tried.Add(target.Id);
                var failed = await TryCopyAsync(key, target, cancellationToken);
                (failure, isChanged) = (failed ?? failure, isChanged || failed is null);
                continue;
            }

            if (copies < Math.Min(required, CopyCount.Of(record, _thin.SeenBy(record, ReliedOn()), FailureDomain)))
            {
                return failure is null && !IsWorthWaiting(rest)
                    ? JobOutcome.Refused(
                        $"{key.Cid} would have {copies} copies without the one at {from}; {record.Class} requires "
                        + $"{required}, and no other location can take one.")
                    : JobOutcome.Failed(
                        failure?.Message ?? $"{key.Cid} stays at {from}: where it could go cannot be reached now.");
            }

            var verdict = await GiveUpCopyAsync(key, copy, TierWithout(record, rest), cancellationToken);
            return verdict.IsAllowed ? JobOutcome.Changed : JobOutcome.Failed($"{key.Cid}: {verdict.Reason}");
        }
    }

    /// <summary>Makes copies until the object has so many; repeating it finds nothing to do.</summary>
    internal async ValueTask<JobOutcome> ReplicateAsync(
        ContentKey key, int copies, CancellationToken cancellationToken)
    {
        var before = await _catalog.FindAsync(key, cancellationToken);
        if (before is not { IsPresent: true } || CopiesOf(before) >= copies)
        {
            return JobOutcome.Nothing;
        }

        await EnsureCopiesAsync(key, copies, DurabilityPolicy.Strongest(copies), acceptDebt: false, cancellationToken);
        return JobOutcome.Changed;
    }

    /// <summary>Every object that is here, in the order of the CID's text, after a cursor.</summary>
    internal IAsyncEnumerable<ObjectRecord> ObjectsAfterAsync(
        Content.Cid? after, CancellationToken cancellationToken) =>
        _catalog.ListAsync(DedupDomain.Shared, after, cancellationToken);

    internal async ValueTask<long> CountObjectsAsync(CancellationToken cancellationToken) =>
        (await _catalog.TotalsAsync(cancellationToken)).Objects;

    private static Copy? CopyAt(ObjectRecord record, LocationId location) =>
        record.Copies.FirstOrDefault(copy => copy.Location == location);

    /// <summary>At its own tier where that can be, else at the nearest one, the colder of two; then where the class
    /// needs one.</summary>
    private ILocation? NextAwayFrom(ObjectRecord rest, HashSet<LocationId> tried)
    {
        var candidates = Candidates().RemoveAll(candidate => tried.Contains(candidate.Location));
        ImmutableArray<LocationId> held =
            [.. rest.Copies.Where(copy => copy.State == CopyState.Verified).Select(copy => copy.Location)];
        foreach (var tier in TiersOf(_ports.Locations).OrderBy(tier => Distance(tier, rest.Tier))
            .ThenByDescending(tier => tier))
        {
            var choice = Placement.Within(tier, RequestOf(rest), held, candidates, Settings.Placement);
            if (choice.Location is { } target && !held.Contains(target))
            {
                return LocationOf(target);
            }
        }

        return NextFor(rest, rest.Class, tried);
    }

    /// <summary>Whether a location that failed lately, and is not asked before a while has passed, could take one.
    /// </summary>
    private bool IsWorthWaiting(ObjectRecord rest) => Candidates().Any(candidate =>
        candidate is { IsReachable: false, State: LocationState.Active } && CopyAt(rest, candidate.Location) is null);

    /// <summary>The object is where its copies are: with the last one of its tier it changes the tier.</summary>
    private StorageCommand.Migrate? TierWithout(ObjectRecord record, ObjectRecord rest)
    {
        var tiers = rest.Copies.Where(copy => copy.State == CopyState.Verified)
            .Select(LocationOf).OfType<ILocation>().Select(location => location.Traits.Tier).ToList();
        return tiers.Count == 0 || tiers.Contains(record.Tier)
            ? null
            : new StorageCommand.Migrate(record.Key, tiers.MinBy(tier => Distance(tier, record.Tier)));
    }

    private static int Distance(StorageTier one, StorageTier other) => Math.Abs((int)one - (int)other);
}

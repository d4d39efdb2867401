using System.Collections.Immutable;
using CimStore.Diagnostics;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

// Where copies belong: what a Store owes before its answer, what follows, and moves between tiers.
public sealed partial class StorageNode
{
    /// <summary>Every location as a place for something new.</summary>
    internal ImmutableArray<PlacementCandidate> Candidates() =>
    [
        .. _ports.Locations.Select(location => new PlacementCandidate(location.Id, location.Traits)
        {
            IsHome = ReferenceEquals(location, _home),
            State = StateOf(location.Id),
            IsReachable = _absences.IsAsked(location.Id),
            FillShare = _rooms.FillShareOf(location.Id),
            FreeBytes = _rooms.FreeBytesOf(location.Id),
            IsFull = _rooms.IsFull(location.Id),
        }),
    ];

    /// <summary>Makes copies until so many are there, as the placement says.</summary>
    /// <returns>The object as it is then; null when it is gone.</returns>
    /// <exception cref="LocationException">So many could not be made.</exception>
    internal async ValueTask<ObjectRecord?> EnsureCopiesAsync(
        ContentKey key, int copies, DurabilityClass durability, bool acceptDebt, CancellationToken cancellationToken)
    {
        LocationException? last = null;
        var tried = new HashSet<LocationId>();
        await LookAtPartsAsync(key, cancellationToken);
        while (true)
        {
            var record = await _catalog.FindAsync(key, cancellationToken);
            if (record is not { IsPresent: true } || CopiesOf(record) >= copies)
            {
                return record;
            }

            if (NextFor(record, durability, tried) is not { } target)
            {
                return acceptDebt
                    ? record
                    : throw last ?? new LocationException(
                        LocationFault.Offline,
                        $"{key.Cid} has {CopiesOf(record)} of {copies} copies and no location can take another now. "
                        + "What is there stays, and the rest is a debt.");
            }

            tried.Add(target.Id);
            last = await TryCopyAsync(key, target, cancellationToken) ?? last;
        }
    }

    /// <summary>Has a copy that lacks parts counted for what it is: one of an earlier process is not known as thin yet.
    /// </summary>
    private async ValueTask LookAtPartsAsync(ContentKey key, CancellationToken cancellationToken)
    {
        if (await _catalog.FindAsync(key, cancellationToken) is not { IsPresent: true } record)
        {
            return;
        }

        foreach (var copy in record.Copies.Where(static copy => copy.State == CopyState.Verified))
        {
            if (LocationOf(copy) is { Traits.Parts.IsEmpty: false } location)
            {
                await IsCountedAsync(key, copy, location, cancellationToken);
            }
        }
    }

    /// <summary>Makes what the object owes: copies that were found wrong, copies the class lacks.</summary>
    /// <returns>Why something is still owed; null when nothing is.</returns>
    internal async ValueTask<string?> PayAsync(ContentKey key, bool lacksParts, CancellationToken cancellationToken)
    {
        try
        {
            if (lacksParts && await LackingAsync(key, cancellationToken) is { } lacking)
            {
                return lacking;
            }

            // Behind the look at its parts, which may have found a copy wrong.
            if (await _catalog.FindAsync(key, cancellationToken) is not { IsPresent: true } record)
            {
                return null;
            }

            var (unmended, hasVerified) = await MendWrongAsync(record, cancellationToken);
            if (unmended is not null && !hasVerified)
            {
                return unmended;
            }

            // A location that cannot mend its copy, or lies, must not keep the object from having copies elsewhere.
            await EnsureCopiesAsync(
                key, ConsistencyTable.CopiesRequired(record.Class), record.Class, acceptDebt: false, cancellationToken);
            return unmended;
        }
        catch (Exception failure) when (failure is LocationException or IntegrityException)
        {
            return failure.Message;
        }
    }

    /// <summary>Repairs what was found wrong; one that is right again may be what the others are made from.</summary>
    /// <returns>Why one is still wrong, null when none is; and whether one copy is verified.</returns>
    private async ValueTask<(string? Unmended, bool HasVerified)> MendWrongAsync(
        ObjectRecord record, CancellationToken cancellationToken)
    {
        var rounds = record.Copies.Length;
        while (true)
        {
            var (unmended, mended) = ((string?)null, 0);
            foreach (var copy in record.Copies.Where(static copy => copy.State == CopyState.Quarantined))
            {
                var why = await TryRepairAsync(record, copy, cancellationToken);
                mended += why is null ? 1 : 0;

                // One that is away may be right: as long as there is one, the content is not lost.
                unmended = unmended is null or NoCopyLeft ? why ?? unmended : unmended;
            }

            if (await _catalog.FindAsync(record.Key, cancellationToken) is not { IsPresent: true } after)
            {
                return (null, false);
            }

            record = after;
            if (unmended != NoCopyLeft || mended == 0 || --rounds == 0)
            {
                return (unmended, record.Copies.Any(static copy => copy.State == CopyState.Verified));
            }
        }
    }

    private async ValueTask<string?> TryRepairAsync(
        ObjectRecord record, Copy copy, CancellationToken cancellationToken)
    {
        try
        {
            return await RepairAsync(record, copy, cancellationToken);
        }
        catch (LocationException failure)
        {
            _absences.Note(copy.Location, failure);
            return failure.Message;
        }
    }

    /// <returns>What the copies lack still, or why one could not be looked at; null when none lacks anything.</returns>
    private async ValueTask<string?> LackingAsync(ContentKey key, CancellationToken cancellationToken)
    {
        var outcome = await ScrubAsync(key, cancellationToken);
        return outcome.Owed ?? outcome.Unread;
    }

    /// <summary>From its own parts where that helps, else from another copy.</summary>
    private async ValueTask<string?> RepairAsync(
        ObjectRecord record, Copy copy, CancellationToken cancellationToken)
    {
        if (LocationOf(copy) is not { } location)
        {
            return Unbound(copy.Location);
        }

        // Held: given up while it is healed, it would be journaled as a copy without bytes.
        if (!_holds.TryHold(record.Key))
        {
            return null;
        }

        try
        {
            return await RepairAsync(record, copy, location, cancellationToken);
        }
        finally
        {
            _holds.LetGo(record.Key);
        }
    }

    private async ValueTask<string?> RepairAsync(
        ObjectRecord record, Copy copy, ILocation location, CancellationToken cancellationToken)
    {
        var (isHealed, hasBytes) = await HealAsync(record, copy, location, cancellationToken);
        if (isHealed)
        {
            await AddCopyAsync(
                record.Key, copy with { State = CopyState.Verified, VerifiedAt = _time.GetUtcNow() }, null);
            return null;
        }

        // Where only its tree is wrong, the copy itself is what the new one is made from.
        if (!hasBytes && !record.Copies.Any(other => other.State == CopyState.Verified))
        {
            return NoCopyLeft;
        }

        return (await TryCopyAsync(record.Key, location, cancellationToken))?.Message;
    }

    /// <returns>Whether all of it is right now, and whether at least its bytes are.</returns>
    private async ValueTask<(bool IsHealed, bool HasBytes)> HealAsync(
        ObjectRecord record, Copy copy, ILocation location, CancellationToken cancellationToken)
    {
        var isReadable = false;
        try
        {
            isReadable = await location.HealAsync(record.Key, copy, _pace, cancellationToken) is { IsReadable: true };
        }
        catch (Exception failure) when (
            failure is IntegrityException or LocationException { Fault: LocationFault.Medium })
        {
            // What is damaged, or the medium refuses, may be the tree alone.
        }

        try
        {
            // What it says of itself covers the tree: bytes that it does not vouch for may be right.
            var fault = await FindFaultAsync(
                record, copy with { State = CopyState.Verified }, cancellationToken, _pace);
            return (isReadable && fault is null, fault is null or { IsOfTree: true });
        }
        catch (LocationException failure) when (failure.Fault == LocationFault.Medium)
        {
            // Its bytes are not to be had: another copy takes its place, elsewhere on the medium.
            return (false, false);
        }
    }

    /// <summary>Brings an object to a tier: a proved copy there, the event, and what is no longer needed given up.
    /// </summary>
    internal async ValueTask<MoveOutcome> MoveAsync(
        ContentKey key, StorageTier tier, CancellationToken cancellationToken)
    {
        if (await _catalog.FindAsync(key, cancellationToken) is not { IsPresent: true } record)
        {
            return new MoveOutcome(MoveResult.Gone, "It is not here any more.");
        }

        if (record.Tier == tier)
        {
            return new MoveOutcome(MoveResult.Unchanged, $"It is at {tier}.");
        }

        ImmutableArray<LocationId> held =
            [.. record.Copies.Where(copy => copy.State == CopyState.Verified).Select(copy => copy.Location)];
        LocationException? failure = null;
        var tried = new HashSet<LocationId>();
        while (true)
        {
            var candidates = Candidates().RemoveAll(candidate => tried.Contains(candidate.Location));
            var choice = Placement.Within(tier, RequestOf(record), held, candidates, Settings.Placement);
            if (choice.Location is not { } target)
            {
                return NotMoved(choice.Rejection!, failure) with
                {
                    Hindrance = failure is null
                        ? HindranceOf(choice.Rejection!, tier, record.SizeBytes) : HindranceOf(failure.Fault),
                };
            }

            tried.Add(target);
            failure = held.Contains(target)
                ? null : await TryCopyAsync(key, LocationOf(target)!, cancellationToken);
            if (failure is null)
            {
                return await FinishMoveAsync(key, tier, cancellationToken);
            }
        }
    }

    /// <summary>What failed or cannot be reached now is tried again soon; what may not be, when that changes.</summary>
    private static MoveOutcome NotMoved(Rejection rejection, LocationException? failure) => failure is not null
        ? new MoveOutcome(MoveResult.Failed, failure.Message)
        : new MoveOutcome(
            rejection.Code == "locations-unreachable" ? MoveResult.Failed : MoveResult.Refused, rejection.Message);

    private static MoveHindrance HindranceOf(LocationFault fault) => fault switch
    {
        LocationFault.Offline => MoveHindrance.LocationAway,
        LocationFault.Full or LocationFault.IntakeStopped => MoveHindrance.LocationFull,
        LocationFault.Throttled => MoveHindrance.LocationBusy,
        _ => MoveHindrance.Failed,
    };

    private MoveHindrance HindranceOf(Rejection rejection, StorageTier tier, long sizeBytes) => rejection.Code switch
    {
        "locations-unreachable" => MoveHindrance.LocationAway,
        "region-denied" => MoveHindrance.RegionDenied,
        _ => Candidates().Any(candidate => candidate.Traits.Tier == tier
            && candidate.State == LocationState.Active && !Takes(candidate, sizeBytes))
            ? MoveHindrance.LocationFull : MoveHindrance.NoLocation,
    };

    /// <summary>Whether it is not too full, as the placement counts it.</summary>
    private bool Takes(PlacementCandidate candidate, long sizeBytes) =>
        !candidate.IsFull
        && !(candidate.FillShare >= Settings.Placement.FillShareMax)
        && !(candidate.FreeBytes - Settings.Placement.FreeBytesMin < sizeBytes);

    /// <summary>The tiers, a bit each, whose locations are all too full: what was refused there is worth another try as
    /// soon as that changes.</summary>
    internal uint FullTiers() => Candidates()
        .Where(static candidate => candidate.State == LocationState.Active)
        .GroupBy(static candidate => candidate.Traits.Tier)
        .Where(tier => !tier.Any(candidate => Takes(candidate, 0)))
        .Aggregate(0u, static (bits, tier) => bits | (1u << (int)tier.Key));

    internal int CopiesOf(ObjectRecord record) =>
        CopyCount.Of(record, _thin.SeenBy(record, _bound), FailureDomain);

    private TierSettings Settings => _ports.Tiers ?? throw NoTiers();

    /// <summary>Locations that are not retired.</summary>
    private ImmutableDictionary<LocationId, LocationTraits> Bound() => _ports.Locations
        .Where(location => StateOf(location.Id) != LocationState.Retired)
        .ToImmutableDictionary(location => location.Id, location => location.Traits);

    private ILocation? LocationOf(LocationId id) => _ports.Locations.FirstOrDefault(location => location.Id == id);

    private static PlacementRequest RequestOf(ObjectRecord record) => new()
    {
        Key = record.Key,
        SizeBytes = record.SizeBytes,
        Pattern = record.Pattern,
        DataClass = record.DataClass,
        Class = record.Class,
        Level = ConsistencyLevel.Eventual,
        AcceptDebt = true,
    };

    /// <summary>The next location that the plan names and that has no verified copy.</summary>
    private ILocation? NextFor(ObjectRecord record, DurabilityClass durability, HashSet<LocationId> tried)
    {
        var candidates = Candidates();
        candidates = candidates.RemoveAll(
            candidate => tried.Contains(candidate.Location) && !Holds(candidate.Location));

        // What is there already takes no room: a full location that holds a copy counts in the plan as any other.
        candidates =
        [
            .. candidates.Select(candidate => Holds(candidate.Location)
                ? candidate with { IsFull = false, FillShare = null, FreeBytes = null }
                : candidate),
        ];
        var request = RequestOf(record) with { Class = durability, Level = ConsistencyLevel.Strong };
        var plan = Placement.Plan(request, candidates, Settings.Placement);
        var next = plan.BeforeAcknowledgement.Concat(plan.Owed)
            .Where(location => !Holds(location) && !tried.Contains(location) && _absences.IsAsked(location)).ToList();
        if (next.Count > 0)
        {
            return LocationOf(next[0]);
        }

        // More copies than any class asks for: the warmest location that has none, where it counts.
        var copies = CopiesOf(record);
        return _ports.Locations.Where(location => !Holds(location.Id) && !tried.Contains(location.Id)
                && StateOf(location.Id) == LocationState.Active && _absences.IsAsked(location.Id)
                && !_rooms.IsFull(location.Id)
                && CopiesOf(With(record, location)) > copies)
            .OrderBy(location => location.Traits.Tier).FirstOrDefault();

        bool Holds(LocationId location) =>
            record.Copies.Any(copy => copy.Location == location && copy.State == CopyState.Verified);
    }

    private static ObjectRecord With(ObjectRecord record, ILocation location) => record with
    {
        Copies = record.Copies.Add(
            new Copy(location.Id, 0, CopyState.Verified, CopyHeader.Plain, DateTimeOffset.UnixEpoch)),
    };

    /// <returns>Why not, or null.</returns>
    private async ValueTask<LocationException?> TryCopyAsync(
        ContentKey key, ILocation target, CancellationToken cancellationToken)
    {
        try
        {
            await MakeCopyAsync(key, target, cancellationToken);
            _absences.Forget(target.Id);
            return null;
        }
        catch (LocationException failure)
        {
            _absences.Note(target.Id, failure);
            Log.CopyFailed(_ports.Logger, key.Cid.ToString(), target.Id.Name, failure.Message);
            return failure;
        }
        catch (IntegrityException failure)
        {
            // A location that gives back other bytes than it was given is worth no more than one that is away.
            var lying = new LocationException(LocationFault.Offline, failure.Message, failure);
            _absences.Note(target.Id, lying);
            Log.CopyFailed(_ports.Logger, key.Cid.ToString(), target.Id.Name, failure.Message);
            return lying;
        }
        catch (ElsewhereException failure)
        {
            Log.CopyFailed(_ports.Logger, key.Cid.ToString(), target.Id.Name, failure.Message);
            return failure.AsFault();
        }
    }

    /// <summary>
    /// The event that tells of the move goes together with the release of the copies that are no longer needed; a crash
    /// before leaves copies too many and the object due, as it was.
    /// </summary>
    private async ValueTask<MoveOutcome> FinishMoveAsync(
        ContentKey key, StorageTier tier, CancellationToken cancellationToken)
    {
        if (await _catalog.FindAsync(key, cancellationToken) is not { IsPresent: true } record)
        {
            return new MoveOutcome(MoveResult.Gone, "It is not here any more.");
        }

        var verdict = await GiveUpCopiesAsync(
            key, [.. record.Copies.Where(copy => IsWarmerThan(copy, tier))], new StorageCommand.Migrate(key, tier),
            cancellationToken);
        var after = await _catalog.FindAsync(key, cancellationToken);
        return after?.Tier == tier
            ? new MoveOutcome(MoveResult.Moved, $"{record.Tier} -> {tier}")
            : new MoveOutcome(
                MoveResult.Failed, verdict.IsForNow ? verdict.Reason : $"No verified copy is at {tier} yet.")
            {
                Hindrance = verdict.IsForNow ? MoveHindrance.ReleaseGate : MoveHindrance.Failed,
            };
    }

    private bool IsWarmerThan(Copy copy, StorageTier tier) =>
        LocationOf(copy) is { } location && location.Traits.Tier < tier;
}

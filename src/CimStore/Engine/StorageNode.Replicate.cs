using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

// The commands Replicate and Migrate: what the background does, on request and at once.
public sealed partial class StorageNode
{
    public ValueTask<CopiesResult> ReplicateAsync(
        Cid cid, ReplicateRequest request, CancellationToken cancellationToken)
    {
        var key = KeyOf(cid);
        var digest = request.Identity.MessageId is null ? default : RequestDigest.Of(key, request);
        return OnceAsync(
            key, request.Identity, digest, token => ReplicateAsync(key, request, token), cancellationToken);
    }

    public ValueTask<CopiesResult> MigrateAsync(Cid cid, MigrateRequest request, CancellationToken cancellationToken)
    {
        var key = KeyOf(cid);
        var digest = request.Identity.MessageId is null ? default : RequestDigest.Of(key, request);
        return OnceAsync(
            key, request.Identity, digest, token => MigrateAsync(key, request.Tier, token), cancellationToken);
    }

    /// <summary>Does the work, remembers its message id, and journals a refusal; a repeated id is answered as of now.
    /// </summary>
    private async ValueTask<CopiesResult> OnceAsync(
        ContentKey key, CommandIdentity identity, ReadOnlyMemory<byte> digest,
        Func<CancellationToken, ValueTask<bool>> work, CancellationToken cancellationToken)
    {
        try
        {
            RefuseLateMessage(identity.MessageId);
            var context = ContextOf(identity, digest);
            await _commandLocks.AcquireAsync(context.MessageId, cancellationToken);
            try
            {
                var isKnown = !digest.IsEmpty && await FindEarlierAsync(context, cancellationToken) is not null;
                var isChanged = !isKnown && await work(cancellationToken);
                if (!digest.IsEmpty && !isKnown)
                {
                    var found = await _catalog.FindAsync(key, CancellationToken.None);
                    var unchanged = new StorageEvent.Unchanged(key, found?.Revision ?? Lsn.None);
                    await AppendAsync([new JournalChange(context, unchanged, found, null)]);
                }

                return await CopiesAsync(key, isChanged, cancellationToken);
            }
            finally
            {
                _commandLocks.Release(context.MessageId);
            }
        }
        catch (RefusedException refused)
        {
            await JournalAsync(refused, key.Cid, identity);
            throw;
        }
    }

    private async ValueTask<bool> ReplicateAsync(
        ContentKey key, ReplicateRequest request, CancellationToken cancellationToken)
    {
        var factor = request.Factor;
        var record = await _catalog.FindAsync(key, cancellationToken);
        if (record is not { IsPresent: true })
        {
            throw NotHere(key);
        }

        if (_ports.Tiers is null || factor < 1)
        {
            var decision = ObjectDecisions.Decide(record, new StorageCommand.Replicate(key, factor), Facts());
            return decision.Rejection is { } rejection ? throw Refuse(rejection.Code, rejection.Message) : false;
        }

        var required = ConsistencyTable.CopiesRequired(record.Class);
        if (request.IsAtLeast && factor <= required)
        {
            // The class sees to it, now or as a debt that is paid.
            return false;
        }

        if (factor < required)
        {
            throw Refuse(
                "below-class",
                $"{record.Key.Cid} is {record.Class} and needs {required} copies; {factor} would be fewer.");
        }

        if (factor > Domains)
        {
            throw Refuse(
                "no-location",
                $"{factor} copies need as many distinct failure domains; all locations together give {Domains}. "
                + "Bind another location first.");
        }

        var copies = CopiesOf(record);
        if (copies < factor)
        {
            await EnsureCopiesAsync(key, factor, DurabilityClass.Critical, acceptDebt: false, cancellationToken);
            return true;
        }

        return copies > factor && !request.IsAtLeast && await LowerAsync(record, factor, cancellationToken);
    }

    /// <summary>Gives up copies away from the object's tier first, and none that would leave fewer than asked for.
    /// </summary>
    private async ValueTask<bool> LowerAsync(ObjectRecord record, int factor, CancellationToken cancellationToken)
    {
        var isChanged = false;
        var byNeed = record.Copies.OrderBy(copy => LocationOf(copy)?.Traits.Tier == record.Tier)
            .ThenByDescending(copy => LocationOf(copy)?.Traits.Tier);
        foreach (var copy in byNeed)
        {
            if (await _catalog.FindAsync(record.Key, cancellationToken) is not { IsPresent: true } now)
            {
                return isChanged;
            }

            var without = now with { Copies = now.Copies.RemoveAll(other => other.Location == copy.Location) };
            if (CopiesOf(without) >= factor)
            {
                isChanged |= (await GiveUpCopyAsync(record.Key, copy, null, cancellationToken)).IsAllowed;
            }
        }

        return isChanged;
    }

    private async ValueTask<bool> MigrateAsync(ContentKey key, StorageTier tier, CancellationToken cancellationToken)
    {
        var record = await _catalog.FindAsync(key, cancellationToken);
        if (record is not { IsPresent: true })
        {
            throw NotHere(key);
        }

        if (_ports.Tiers is null)
        {
            var decision = ObjectDecisions.Decide(record, new StorageCommand.Migrate(key, tier), Facts());
            return decision.Rejection is { } rejection ? throw Refuse(rejection.Code, rejection.Message) : false;
        }

        var outcome = await MoveAsync(key, tier, cancellationToken);
        return outcome.Result switch
        {
            MoveResult.Moved => true,
            MoveResult.Unchanged => false,
            MoveResult.Gone => throw NotHere(key),
            MoveResult.Refused => throw Refuse("no-location", outcome.Reason),
            _ => throw new LocationException(
                LocationFault.Offline, $"{key.Cid} stays where it is: {outcome.Reason}"),
        };
    }

    private async ValueTask<CopiesResult> CopiesAsync(
        ContentKey key, bool isChanged, CancellationToken cancellationToken)
    {
        var record = await _catalog.FindAsync(key, cancellationToken)
            ?? throw NotHere(key);
        var copies = CopiesOf(record);
        return new CopiesResult(
            key.Cid, record.Tier, copies, ReceiptsOf(record),
            Math.Max(0, ConsistencyTable.CopiesRequired(record.Class) - copies), isChanged, record.Revision);
    }

    private static RefusedException NotHere(ContentKey key) =>
        Refuse("not-found-here", $"{key.Cid} is not on this node.");

    private ImmutableArray<CopyReceipt> ReceiptsOf(ObjectRecord record) =>
    [
        .. from copy in record.Copies
           where copy.State == CopyState.Verified
           let location = LocationOf(copy)
           where location is not null
           select new CopyReceipt(
               location.Id, location.Traits.Tier, DurabilityPolicy.DomainOf(location.Id, location.Traits),
               location.Traits.PartCount - _thin.MissingOf(record.Key, copy),
               location.Traits.SyncsBeforeAcknowledgement),
    ];
}

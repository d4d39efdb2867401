using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

// Proving copies again: every byte from the medium, spare parts included; what is wrong is said and mended.
public sealed partial class StorageNode
{
    /// <summary>How many other copies of a location are tried before it counts as away.</summary>
    private const int ProbesMax = 8;

    internal const string NoCopyLeft = "No copy that proves is left.";

    /// <summary>Where the copies of an object are.</summary>
    /// <param name="cid">The object.</param>
    /// <param name="isDeep">Reads every byte of every copy.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Null when there is no such object.</returns>
    public async ValueTask<IReadOnlyList<CopyWhereabouts>?> WhereIsAsync(
        Cid cid, bool isDeep, CancellationToken cancellationToken)
    {
        if (await _catalog.FindAsync(KeyOf(cid), cancellationToken) is not { IsPresent: true } record)
        {
            return null;
        }

        var found = new List<CopyWhereabouts>(record.Copies.Length);
        foreach (var copy in record.Copies)
        {
            found.Add(await WhereIsAsync(record.Key, copy, isDeep, cancellationToken));
        }

        return found;
    }

    /// <summary>Reads and proves every copy of an object that counts as right, and mends what lacks parts.</summary>
    internal async ValueTask<ScrubOutcome> ScrubAsync(ContentKey key, CancellationToken cancellationToken)
    {
        var outcome = new ScrubOutcome(0, 0, 0, 0, null, null);
        if (!_holds.TryHold(key))
        {
            return outcome;
        }

        try
        {
            if (await _catalog.FindAsync(key, cancellationToken) is not { IsPresent: true } record)
            {
                return outcome;
            }

            var shown = new List<StorageCommand>();
            foreach (var copy in record.Copies.Where(static copy => copy.State == CopyState.Verified))
            {
                outcome = await ScrubAsync(record, copy, outcome, shown, cancellationToken);
            }

            await RecordScrubAsync(key, shown);
            return outcome;
        }
        finally
        {
            _holds.LetGo(key);
        }
    }

    private async ValueTask<ScrubOutcome> ScrubAsync(
        ObjectRecord record, Copy copy, ScrubOutcome outcome, List<StorageCommand> shown,
        CancellationToken cancellationToken)
    {
        if (LocationOf(copy.Location) is not { } location || StateOf(copy.Location) == LocationState.Retired)
        {
            return outcome with { Unread = outcome.Unread ?? Unbound(copy.Location) };
        }

        try
        {
            var condition = await location.InspectAsync(record.Key, copy, _scrubPace, cancellationToken);
            outcome = outcome with { BytesRead = outcome.BytesRead + (condition?.BytesRead ?? 0) };
            var fault = condition switch
            {
                null => "the copy is missing",
                { IsReadable: false } => string.Join(" ", condition.Faults),
                _ => await FaultOfAsync(record, copy, cancellationToken, _scrubPace),
            };
            return fault is not null
                ? Quarantine(record.Key, copy, fault, outcome, shown)
                : condition!.IsWhole
                    ? ProveWhole(record.Key, copy, outcome, shown)
                    : await MendAsync(record, copy, location, condition, outcome, shown, cancellationToken);
        }
        catch (IntegrityException wrong)
        {
            return Quarantine(record.Key, copy, wrong.Message, outcome, shown);
        }
        catch (LocationException failure)
        {
            if (await IsOfOneCopyAsync(record.Key, location, failure, cancellationToken))
            {
                return Quarantine(record.Key, copy, failure.Message, outcome, shown);
            }

            _absences.Note(copy.Location, failure);
            return outcome with { Unread = failure.Message };
        }
    }

    /// <summary>
    /// Whether it is this copy that failed, of which the medium refuses the bytes while the location gives those of
    /// another one. Where nothing else can be read either the location is away, and no copy is bad for that.
    /// </summary>
    internal static async ValueTask<bool> IsOfOneCopyAsync(
        ContentKey key, ILocation location, LocationException failure, CancellationToken cancellationToken)
    {
        if (failure.Fault != LocationFault.Medium)
        {
            return false;
        }

        var asked = 0;
        try
        {
            await foreach (var held in location.ListCopiesAsync(null, cancellationToken))
            {
                if (held.Manifest.Key == key || held is { Manifest.SizeBytes: 0, Fault: null })
                {
                    continue;
                }

                if (asked == ProbesMax)
                {
                    return false;
                }

                asked++;
                if (held.Fault is null && await CanReadAsync(location, held.Manifest, cancellationToken))
                {
                    return true;
                }
            }
        }
        catch (LocationException)
        {
            return false;
        }

        // The only copy there is: no location is left to be away.
        return asked == 0;
    }

    private static async ValueTask<bool> CanReadAsync(
        ILocation location, CopyManifest manifest, CancellationToken cancellationToken)
    {
        var copy = new Copy(
            location.Id, manifest.Incarnation, CopyState.Verified, manifest.Header, DateTimeOffset.UnixEpoch);
        try
        {
            return await location.ReadAsync(manifest.Key, copy, 0, new byte[1], cancellationToken) > 0;
        }
        catch (Exception fault) when (fault is LocationException or IntegrityException)
        {
            return false;
        }
    }

    private ScrubOutcome ProveWhole(
        ContentKey key, Copy copy, ScrubOutcome outcome, List<StorageCommand> shown)
    {
        _thin.Forget(key, copy.Location, copy.Incarnation);
        return Prove(key, copy, outcome, shown);
    }

    private static ScrubOutcome Prove(
        ContentKey key, Copy copy, ScrubOutcome outcome, List<StorageCommand> shown)
    {
        shown.Add(new StorageCommand.Verify(key, copy.Location, copy.Incarnation, null));
        return outcome with { Proved = outcome.Proved + 1 };
    }

    private ScrubOutcome Quarantine(
        ContentKey key, Copy copy, string fault, ScrubOutcome outcome, List<StorageCommand> shown)
    {
        _metrics.Corrupt();
        Log.CopyQuarantined(_ports.Logger, key.Cid.ToString(), copy.Location.Name, fault);
        _cache.Remove(key);
        shown.Add(new StorageCommand.Verify(key, copy.Location, copy.Incarnation, fault));
        return outcome with { Wrong = outcome.Wrong + 1 };
    }

    /// <summary>
    /// That parts were wrong and are right again is journaled together and afterwards: the copy could be read all the
    /// time, and nobody must find it quarantined in between.
    /// </summary>
    private async ValueTask<ScrubOutcome> MendAsync(
        ObjectRecord record, Copy copy, ILocation location, CopyCondition before, ScrubOutcome outcome,
        List<StorageCommand> shown, CancellationToken cancellationToken)
    {
        var fault = string.Join(" ", before.Faults);
        Log.PartsLacking(_ports.Logger, record.Key.Cid.ToString(), copy.Location.Name, fault);
        CopyCondition? after;
        try
        {
            after = await location.HealAsync(record.Key, copy, _scrubPace, cancellationToken);
        }
        catch (LocationException failure)
        {
            // The copy was read: a part that cannot be written is owed, and says nothing of the location.
            after = before with { Faults = before.Faults.Add(failure.Message) };
        }

        if (after is not { IsWhole: true })
        {
            var left = after ?? before;
            _thin.TryNote(record.Key, copy.Location, copy.Incarnation, left.Parts - left.PartsIntact);
            return Prove(record.Key, copy, outcome, shown) with { Owed = string.Join(" ", left.Faults) };
        }

        if (await FaultOfAsync(record, copy, cancellationToken, _scrubPace) is { } wrong)
        {
            return Quarantine(record.Key, copy, wrong, outcome, shown);
        }

        _thin.Forget(record.Key, copy.Location, copy.Incarnation);
        shown.Add(new StorageCommand.Verify(record.Key, copy.Location, copy.Incarnation, fault));
        shown.Add(new StorageCommand.AddCopy(record.Key, copy with { VerifiedAt = _time.GetUtcNow() }));
        return outcome with { Proved = outcome.Proved + 1, Mended = outcome.Mended + 1 };
    }

    /// <summary>One append for all that one object showed; copies replaced meanwhile are left out.</summary>
    private async ValueTask RecordScrubAsync(ContentKey key, List<StorageCommand> shown) =>
        await AgreedAsync(() => RecordScrubOnceAsync(key, shown));

    private async ValueTask<bool> RecordScrubOnceAsync(ContentKey key, List<StorageCommand> shown)
    {
        await _contentLocks.AcquireAsync(key, CancellationToken.None);
        try
        {
            if (await _catalog.FindAsync(key, CancellationToken.None) is not { IsPresent: true } record)
            {
                return false;
            }

            var changes = new List<JournalChange>(shown.Count);
            foreach (var command in shown)
            {
                var (location, incarnation) = command switch
                {
                    StorageCommand.AddCopy add => (add.Copy.Location, add.Copy.Incarnation),
                    StorageCommand.Verify verify => (verify.Location, verify.Incarnation),
                    _ => default,
                };
                if (record.Copies.Any(copy => copy.Location == location && copy.Incarnation == incarnation))
                {
                    record = Plan(record, command, changes);
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

    private async ValueTask<CopyWhereabouts> WhereIsAsync(
        ContentKey key, Copy copy, bool isDeep, CancellationToken cancellationToken)
    {
        if (LocationOf(copy.Location) is not { } location)
        {
            return new CopyWhereabouts(copy, null, "", null, null, "It is not part of this node.");
        }

        var domain = DurabilityPolicy.DomainOf(location.Id, location.Traits);
        try
        {
            var held = await location.DescribeAsync(key, copy, cancellationToken);
            var condition = isDeep ? await location.InspectAsync(key, copy, null, cancellationToken) : null;
            return new CopyWhereabouts(
                copy, location.Traits.Tier, domain, held?.Parts, condition,
                held is null ? "The location does not hold it." : held.Fault)
            {
                Parts = location.Traits.PartCount,
                PartsNeeded = location.Traits.PartsNeeded,
            };
        }
        catch (Exception failure) when (failure is LocationException or IntegrityException)
        {
            return new CopyWhereabouts(copy, location.Traits.Tier, domain, null, null, failure.Message);
        }
    }
}

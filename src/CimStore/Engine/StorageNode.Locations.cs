using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Engine;

// The life-cycle of locations: active, draining, retired. The state an operator sets outlives the process.
public sealed partial class StorageNode
{
    /// <summary>Jobs and the life-cycle of locations; null where nothing keeps them.</summary>
    public JobRunner? Jobs { get; }

    internal LocationState StateOf(LocationId location) => _states.GetValueOrDefault(location);

    /// <summary>Whether a location may come to a state; where it is to be empty for that, all objects are gone over.
    /// </summary>
    /// <returns>The states that this holds for.</returns>
    /// <exception cref="RefusedException">It may not.</exception>
    internal async ValueTask<ImmutableDictionary<LocationId, LocationState>> CheckStateAsync(
        LocationId id, LocationState to, CancellationToken cancellationToken)
    {
        var states = _states;
        var location = RequireLocation(id);
        var from = states.GetValueOrDefault(id);
        if (ReferenceEquals(location, _home) && to != LocationState.Active)
        {
            throw Refuse("location-home", $"{id} is the journal's own log: new content goes there first. It stays.");
        }

        if (from == LocationState.Retired && to != LocationState.Retired)
        {
            throw Refuse("location-retired", $"{id} is retired for good: bind the place anew, under another name.");
        }

        if (from != to && to == LocationState.Retired)
        {
            await CheckEmptyAsync(location, cancellationToken);
        }

        return states;
    }

    /// <summary>Sets the state unless any changed since it was checked. One caller at a time.</summary>
    /// <returns>Whether it did; else it is to be checked again.</returns>
    internal bool TrySetState(
        LocationId id, LocationState to, ImmutableDictionary<LocationId, LocationState> checkedFor)
    {
        if (!ReferenceEquals(_states, checkedFor))
        {
            return false;
        }

        if (StateOf(id) != to)
        {
            _ports.Tiers?.StateStore?.Save(id, to);
            _states = _states.SetItem(id, to);
            _bound = Bound();
            Domains = DomainsOf();
            _storeFacts = Facts();
        }

        return true;
    }

    internal async ValueTask<LocationReport> ReportAsync(LocationId id, CancellationToken cancellationToken) =>
        await ReportAsync(RequireLocation(id), cancellationToken);

    internal async ValueTask<IReadOnlyList<LocationReport>> ReportsAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<LocationId, (long Copies, long SizeBytes)>();
        await foreach (var record in ObjectsAfterAsync(null, cancellationToken))
        {
            foreach (var copy in record.Copies)
            {
                var (copies, sizeBytes) = counts.GetValueOrDefault(copy.Location);
                counts[copy.Location] = (copies + 1, sizeBytes + record.SizeBytes);
            }
        }

        await _rooms.MeasureAsync(cancellationToken);
        return
        [
            .. _ports.Locations.Select(location =>
            {
                var (copies, sizeBytes) = counts.GetValueOrDefault(location.Id);
                return new LocationReport(
                    location.Id, location.Traits.Tier, StateOf(location.Id), ReferenceEquals(location, _home), copies,
                    sizeBytes)
                {
                    FreeBytes = _rooms.FreeBytesOf(location.Id),
                    FillShare = _rooms.FillShareOf(location.Id),
                };
            }),
        ];
    }

    private async ValueTask<LocationReport> ReportAsync(ILocation location, CancellationToken cancellationToken) =>
        (await ReportsAsync(cancellationToken)).First(report => report.Location == location.Id);

    private ILocation RequireLocation(LocationId id) => LocationOf(id) ?? throw Refuse(
        "location-unknown",
        $"There is no location {id}; this node has {string.Join(", ", _ports.Locations.Select(one => one.Id))}.");

    /// <summary>What the catalog says decides; what the location itself has besides is deleted content in its grace.
    /// </summary>
    private async ValueTask CheckEmptyAsync(ILocation location, CancellationToken cancellationToken)
    {
        if (StateOf(location.Id) != LocationState.Draining)
        {
            throw Refuse("location-not-empty", $"{location.Id} is active: drain it first.");
        }

        var known = (await ReportAsync(location, cancellationToken)).Copies;
        if (known > 0)
        {
            throw Refuse(
                "location-not-empty",
                $"{known} copies are at {location.Id}. Drain it first; retire it when the drain is done.");
        }

        long left = 0;
        try
        {
            await foreach (var held in location.ListCopiesAsync(null, cancellationToken))
            {
                left++;
            }
        }
        catch (LocationException)
        {
            // It cannot be read any more, and nothing that is wanted is there: a dead location may go.
            return;
        }

        if (left > 0)
        {
            throw Refuse(
                "location-not-empty",
                $"{left} copies of deleted objects are at {location.Id}: they can be had back until their grace ends, "
                + "and gc releases them then.");
        }
    }

    /// <summary>What health shows of them.</summary>
    private IEnumerable<string> StateWarnings()
    {
        if (Scavenger is { IsPaused: true })
        {
            yield return "Moving and copying is paused: 'cimstore scavenge --resume' lets it go on.";
        }

        foreach (var warning in LocationWarnings())
        {
            yield return warning;
        }
    }

    private IEnumerable<string> LocationWarnings() =>
        from location in _ports.Locations
        let state = StateOf(location.Id)
        where state != LocationState.Active
        select state == LocationState.Draining
            ? $"The location {location.Id} is draining: it gets nothing new."
            : $"The location {location.Id} is retired: take it out of the configuration.";
}

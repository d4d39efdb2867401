using CimStore.Diagnostics;
using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Engine;

// A location that is full gets rid of what it need not hold.
public sealed partial class Scavenger
{
    /// <summary>65,536 x some 200 bytes = 13 MB; what is left is for the next cycle.</summary>
    private const int EvictionsPerCycleMax = 65_536;

    private readonly HashSet<LocationId> _stuck = [];

    /// <returns>Copies given up, over all locations that are full.</returns>
    private async ValueTask<int> RelieveAsync(CancellationToken cancellationToken)
    {
        var evicted = 0;
        _stuck.RemoveWhere(location => !_rooms.IsFull(location));
        foreach (var location in _ports.Locations.Where(location => _rooms.IsFull(location.Id)))
        {
            evicted += _isPaused ? 0 : await RelieveAsync(location, cancellationToken);
        }

        return evicted;
    }

    private async ValueTask<int> RelieveAsync(ILocation location, CancellationToken cancellationToken)
    {
        // First what is garbage already: that may be enough, and costs no copy.
        await TidyAsync(location, cancellationToken);
        if (!_rooms.IsFull(location.Id))
        {
            return 0;
        }

        var chosen = await ChooseAsync(location, cancellationToken);
        var evicted = (Count: 0, Bytes: 0L);
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = SmallAtOnce,
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(chosen, options, async (spare, token) =>
        {
            if (!_isPaused && (await _node.EvictAsync(spare.Key, location.Id, token)).IsAllowed)
            {
                Interlocked.Increment(ref evicted.Count);
                Interlocked.Add(ref evicted.Bytes, spare.RoomBytes);
            }
        });
        if (_isPaused && evicted.Count == 0)
        {
            // Not that nothing could go: nothing was to.
            return 0;
        }

        await TidyAsync(location, cancellationToken);
        Tell(location, evicted.Count, evicted.Bytes);
        return evicted.Count;
    }

    /// <summary>Looks at every object: there is no index by location, and this is no everyday work.</summary>
    private async ValueTask<IReadOnlyList<SpareCopy>> ChooseAsync(
        ILocation location, CancellationToken cancellationToken)
    {
        var eviction = new Eviction(
            _rooms.Limits.BytesTooMany(_rooms.RoomOf(location.Id)), EvictionsPerCycleMax);
        var spareOf = _node.SparesAt(location.Id);
        await foreach (var record in _node.ObjectsAfterAsync(null, cancellationToken))
        {
            if (_isPaused)
            {
                return [];
            }

            if (spareOf(record) is { } copy)
            {
                var known = await _settings.Due.FindAsync(record.Key, cancellationToken);
                eviction.Offer(new SpareCopy(
                    record.Key, copy, RoomOf(record.SizeBytes, location.Traits),
                    known?.Facts.LastAccessAt ?? record.CreatedAt));
            }
        }

        return eviction.Choose();
    }

    /// <summary>Content that compresses takes less: then the next cycle finds that more has to go.</summary>
    private static long RoomOf(long sizeBytes, LocationTraits traits) =>
        sizeBytes * Math.Max(1, traits.Parts.Length) / Math.Max(1, traits.PartsNeeded);

    /// <summary>
    /// A check of the store holds compaction up for hours; debts and moves do not wait for that. What was begun is done
    /// or is garbage still, and the next cycle goes on.
    /// </summary>
    private async ValueTask TidyAsync(ILocation location, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_settings.Limits.Cycle, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await _node.TidyAsync(location, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }

        await _rooms.MeasureAsync(location, cancellationToken);
    }

    private void Tell(ILocation location, int count, long bytes)
    {
        var share = _rooms.FillShareOf(location.Id) ?? 0;
        if (count > 0)
        {
            _stuck.Remove(location.Id);
            Log.Evicted(_ports.Logger, count, bytes, location.Id.Name, share);
        }
        else if (_rooms.IsFull(location.Id) && _stuck.Add(location.Id))
        {
            // Once, and not in each cycle: health says all the time that the location is full.
            Log.NothingToEvict(_ports.Logger, location.Id.Name, share);
        }
    }
}

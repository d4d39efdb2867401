using CimStore.Diagnostics;
using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Engine;

// A location that is full gets rid of what it need not hold.
public sealed partial class Scavenger
{
    /// <summary>65,536 x some 200 bytes = 13 MB; what is left is for the next cycle.</summary>
    private const int EvictionsPerCycleMax = 65_536;

    private static readonly TimeSpan LookDelayMax = TimeSpan.FromHours(1);

    private readonly HashSet<LocationId> _stuck = [];
    private readonly Dictionary<LocationId, VainLook> _vain = [];

    /// <returns>Copies given up, over all locations that are full.</returns>
    private async ValueTask<int> RelieveAsync(CancellationToken cancellationToken)
    {
        var evicted = 0;
        _stuck.RemoveWhere(location => !_rooms.IsFull(location));
        foreach (var location in _vain.Keys.Where(location => !_rooms.IsFull(location)).ToList())
        {
            _vain.Remove(location);
        }

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

        // Before the look: what changes during it is worth another.
        var seen = Seen(location.Id);
        if (!IsLookWorth(location.Id, seen))
        {
            return 0;
        }

        var chosen = await ChooseAsync(location, cancellationToken);
        NoteLook(location.Id, seen, isVain: chosen.Count == 0 && !_isPaused);
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

    /// <summary>
    /// A look goes over all objects. Where the last one found nothing, another finds nothing before something changed;
    /// one comes all the same now and then, as a location that came back is told by no copy.
    /// </summary>
    private bool IsLookWorth(LocationId location, (double Share, long CopiesGained) seen) =>
        !_vain.TryGetValue(location, out var last) || last.Seen != seen || _time.GetUtcNow() >= last.Next;

    private void NoteLook(LocationId location, (double Share, long CopiesGained) seen, bool isVain)
    {
        if (!isVain)
        {
            _vain.Remove(location);
            return;
        }

        var delay = _vain.TryGetValue(location, out var last) && last.Seen == seen ? last.Delay * 2 : Cycle;
        delay = delay < LookDelayMax ? delay : LookDelayMax;
        _vain[location] = new VainLook(seen, delay, _time.GetUtcNow() + delay);
    }

    /// <summary>The room as far as it is logged: every entry of the journal takes some bytes of it.</summary>
    private (double Share, long CopiesGained) Seen(LocationId location) =>
        (Math.Round(_rooms.FillShareOf(location) ?? 0, 3), _follower.CopiesGained);

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

                // Content that compresses takes less: then the next cycle finds that more has to go.
                eviction.Offer(new SpareCopy(
                    record.Key, copy, record.SizeBytes,
                    known?.Facts.LastAccessAt ?? record.CreatedAt));
            }
        }

        return eviction.Choose();
    }

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

    /// <summary>A look that found nothing to give up.</summary>
    /// <param name="Seen">What was so then.</param>
    /// <param name="Delay">How long it keeps for, while that is so.</param>
    /// <param name="Next">When that is over.</param>
    private sealed record VainLook((double Share, long CopiesGained) Seen, TimeSpan Delay, DateTimeOffset Next);
}

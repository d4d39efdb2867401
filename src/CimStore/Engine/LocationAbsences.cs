using System.Collections.Concurrent;
using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>Which locations failed lately: they are not asked for something new before a while has passed.</summary>
internal sealed class LocationAbsences(TimeProvider time)
{
    private static readonly TimeSpan AwayFor = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<LocationId, long> _since = new();

    public bool IsAway(LocationId location) =>
        _since.TryGetValue(location, out var since) && time.GetElapsedTime(since) < AwayFor;

    /// <summary>What it cannot do now it may do soon; a full one takes nothing, and is there.</summary>
    public void Note(LocationId location, LocationException failure)
    {
        if (failure.Fault is LocationFault.Offline or LocationFault.Unknown)
        {
            _since[location] = time.GetTimestamp();
        }
    }

    public void Forget(LocationId location) => _since.TryRemove(location, out _);
}

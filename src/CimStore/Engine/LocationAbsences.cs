using System.Collections.Concurrent;
using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>
/// Which locations failed lately: they are not asked for something new before a while has passed, which grows with each
/// time they fail again and has chance in it. One that is away is not relied on either; one that takes nothing is.
/// </summary>
internal sealed class LocationAbsences(TimeProvider time, Func<double> chance)
{
    private const int DoublingsMax = 10;

    private static readonly TimeSpan AwayFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AwayForMax = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<LocationId, Trouble> _troubles = new();

    public bool IsAway(LocationId location) => Find(location) is { IsAway: true };

    /// <summary>Whether it may be asked to take something.</summary>
    public bool IsAsked(LocationId location) => Find(location) is null;

    public void Note(LocationId location, LocationException failure)
    {
        if (failure.Fault == LocationFault.Retained)
        {
            // It does what it was told to.
            return;
        }

        var isAway = failure.Fault is not (LocationFault.Full or LocationFault.Throttled);
        var earlier = _troubles.GetValueOrDefault(location);
        if (earlier is not null && !IsOver(earlier))
        {
            // Who was under way already when it failed does not make it fail again.
            _troubles[location] = earlier with { IsAway = earlier.IsAway || isAway };
            return;
        }

        var times = earlier is null ? 0 : Math.Min(earlier.Times + 1, DoublingsMax);
        var delay = TimeSpan.FromTicks(Math.Min(AwayForMax.Ticks, AwayFor.Ticks << times));
        _troubles[location] = new Trouble(isAway, time.GetTimestamp(), delay * (0.8 + (0.4 * chance())), times);
    }

    public void Forget(LocationId location) => _troubles.TryRemove(location, out _);

    private Trouble? Find(LocationId location) =>
        _troubles.TryGetValue(location, out var trouble) && !IsOver(trouble) ? trouble : null;

    private bool IsOver(Trouble trouble) => time.GetElapsedTime(trouble.Since) >= trouble.For;

    private sealed record Trouble(bool IsAway, long Since, TimeSpan For, int Times);
}

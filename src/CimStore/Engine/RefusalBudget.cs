namespace CimStore.Engine;

/// <summary>
/// How many refusals may be journaled. Entries are for ever, so a client that is refused without end must cost a
/// bounded number of them: an hour's share at once, then one for each part of an hour that passes. What is over is
/// counted, and told by one entry as soon as there is room.
/// </summary>
internal sealed class RefusalBudget(TimeProvider time, int perHourMax)
{
    private readonly Lock _gate = new();
    private double _left = perHourMax;
    private long _refilledAt = time.GetTimestamp();
    private long _untold;

    /// <param name="wanted">Refusals to journal; those not granted are counted.</param>
    /// <param name="untold">Refusals that were only counted until now, to be told by one entry more.</param>
    /// <returns>How many may be journaled, the first ones.</returns>
    public int Take(int wanted, out long untold)
    {
        lock (_gate)
        {
            Refill();
            var room = (int)_left - (_untold > 0 ? 1 : 0);
            var granted = Math.Clamp(room, 0, wanted);
            untold = granted > 0 ? _untold : 0;
            _left -= granted + (untold > 0 ? 1 : 0);
            _untold += wanted - granted - untold;
            return granted;
        }
    }

    /// <summary>What was never told, for the last entry of a node that closes.</summary>
    public long TakeUntold()
    {
        lock (_gate)
        {
            var untold = _untold;
            _untold = 0;
            return untold;
        }
    }

    /// <summary>These could not be journaled after all.</summary>
    public void GiveBack(long count)
    {
        lock (_gate)
        {
            _untold += count;
        }
    }

    private void Refill()
    {
        var hours = time.GetElapsedTime(_refilledAt).TotalHours;
        _refilledAt = time.GetTimestamp();
        _left = Math.Min(perHourMax, _left + (hours * perHourMax));
    }
}

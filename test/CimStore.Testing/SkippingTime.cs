namespace CimStore.Testing;

/// <summary>
/// A clock for those who only wait: every timer fires at once, and the clock goes on to when it was due. So a contract
/// passes through waits of hours without one. A timer fires a little late, as real ones do: who waits for an instant
/// with a timer of whole milliseconds would come too early for ever.
/// </summary>
public sealed class SkippingTime : TimeProvider
{
    private readonly Lock _gate = new();
    private TimeSpan _skipped;

    /// <summary>How late; none for who holds what he measures against a bound.</summary>
    public TimeSpan Late { get; init; } = TimeSpan.FromMilliseconds(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddDays(20_000) + Skipped();

    public override long GetTimestamp() => Skipped().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan)
        {
            throw new NotSupportedException("A clock that skips every wait would never come to an end with this one.");
        }

        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            lock (_gate)
            {
                _skipped += dueTime + Late;
            }

            callback(state);
        }

        return new FiredTimer();
    }

    private TimeSpan Skipped()
    {
        lock (_gate)
        {
            return _skipped;
        }
    }

    private sealed class FiredTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

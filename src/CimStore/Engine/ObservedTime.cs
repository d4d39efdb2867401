namespace CimStore.Engine;

/// <summary>
/// Time that never goes back: the greatest instant seen so far, while the clock is behind it. Grace and retention are
/// measured with it, so that a clock set back keeps content no shorter and unlocks nothing (D19).
/// </summary>
public sealed class ObservedTime(TimeProvider clock) : TimeProvider
{
    private long _ticksMax;

    public override TimeZoneInfo LocalTimeZone => clock.LocalTimeZone;

    public override long TimestampFrequency => clock.TimestampFrequency;

    /// <summary>Whether the clock is behind what was already seen.</summary>
    public bool IsClockBehind => clock.GetUtcNow().UtcTicks < Interlocked.Read(ref _ticksMax);

    public override DateTimeOffset GetUtcNow()
    {
        var now = clock.GetUtcNow().UtcTicks;
        return new DateTimeOffset(Raise(now), TimeSpan.Zero);
    }

    /// <summary>Something durable bears this instant: time is at least this late.</summary>
    public void Observe(DateTimeOffset instant) => Raise(instant.UtcTicks);

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period);

    private long Raise(long ticks)
    {
        while (true)
        {
            var seen = Interlocked.Read(ref _ticksMax);
            if (ticks <= seen)
            {
                return seen;
            }

            if (Interlocked.CompareExchange(ref _ticksMax, ticks, seen) == seen)
            {
                return ticks;
            }
        }
    }
}

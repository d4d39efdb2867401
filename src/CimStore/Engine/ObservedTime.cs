namespace CimStore.Engine;

/// <summary>
/// Time for a store whose clock may jump, either way. What is stamped and what is promised goes by the latest time that
/// is known, which stands still while the clock is behind it; what is given up goes by the earliest that may be true
/// (D19). So a jump keeps content too long, never too short.
/// </summary>
public sealed class ObservedTime(TimeProvider clock) : TimeProvider
{
    /// <summary>What the clock may gain on the steady one before that is a leap: corrections are smaller.</summary>
    public static readonly TimeSpan LeapMin = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a leap ahead has to stand before it is believed. A machine that slept, or learned the time late, is
    /// right about it; a mistake is noticed within a day.
    /// </summary>
    public static readonly TimeSpan LeapDoubt = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private DateTimeOffset _mark = DateTimeOffset.MinValue;
    private DateTimeOffset _anchor = clock.GetUtcNow();
    private long _anchoredAt = clock.GetTimestamp();
    private long? _leaptAt;

    public override TimeZoneInfo LocalTimeZone => clock.LocalTimeZone;

    public override long TimestampFrequency => clock.TimestampFrequency;

    /// <summary>Whether the clock is behind what was already seen.</summary>
    public bool IsClockBehind
    {
        get
        {
            lock (_gate)
            {
                return clock.GetUtcNow() < _mark;
            }
        }
    }

    /// <summary>Whether the clock leapt ahead and is not believed yet.</summary>
    public bool IsClockDoubted
    {
        get
        {
            lock (_gate)
            {
                Believe(clock.GetUtcNow());
                return _leaptAt is not null;
            }
        }
    }

    /// <summary>The latest time that is known: for what is stamped and promised.</summary>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            Believe(now);
            return now > _mark ? now : _mark;
        }
    }

    /// <summary>The earliest time that it may be: for whether a promise is over.</summary>
    public DateTimeOffset GetEarliestUtcNow()
    {
        lock (_gate)
        {
            return Believe(clock.GetUtcNow());
        }
    }

    /// <summary>Something durable bears this instant: time is at least this late.</summary>
    public void Observe(DateTimeOffset instant)
    {
        lock (_gate)
        {
            _mark = instant > _mark ? instant : _mark;
        }
    }

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period);

    /// <returns>The clock's time, or what the steady clock makes of it while a leap is in doubt.</returns>
    private DateTimeOffset Believe(DateTimeOffset now)
    {
        var stamp = clock.GetTimestamp();
        var steady = _anchor + clock.GetElapsedTime(_anchoredAt, stamp);
        if (now <= steady + LeapMin)
        {
            _leaptAt = null;
        }
        else if (clock.GetElapsedTime(_leaptAt ??= stamp, stamp) >= LeapDoubt)
        {
            (_anchor, _anchoredAt, _leaptAt) = (now, stamp, null);
        }
        else
        {
            now = steady;
        }

        // A leap that is in doubt leaves no mark: when the clock is put right, time goes on from where it was.
        _mark = now > _mark ? now : _mark;
        return now;
    }
}

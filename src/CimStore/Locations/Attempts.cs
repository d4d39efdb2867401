namespace CimStore.Locations;

/// <summary>The attempts at one operation: whether there is another one, and what to wait before it.</summary>
internal sealed class Attempts(RetryOptions options, TimeProvider time, Func<double> chance)
{
    private long _start = time.GetTimestamp();
    private int _failedCount;

    /// <summary>It got on: what comes next is counted anew.</summary>
    public void Restart() => (_start, _failedCount) = (time.GetTimestamp(), 0);

    /// <param name="fault">Why the last one failed.</param>
    /// <param name="isIdempotent">Whether doing it twice is as good as once.</param>
    /// <param name="delay">To wait now.</param>
    /// <returns>False when it is not to be tried again.</returns>
    public bool TryNext(LocationFault fault, bool isIdempotent, out TimeSpan delay)
    {
        delay = NextDelay();
        _failedCount++;
        return _failedCount < options.AttemptsMax
            && MayHelp(fault, isIdempotent)
            && time.GetElapsedTime(_start) + delay <= options.TotalMax;
    }

    private static bool MayHelp(LocationFault fault, bool isIdempotent) => fault switch
    {
        LocationFault.Throttled or LocationFault.Offline => true,
        LocationFault.Unknown => isIdempotent,

        // Room comes by giving something up, which is nothing to wait for here.
        _ => false,
    };

    /// <summary>Between half of it and all of it: those who failed together are not to come back together.</summary>
    private TimeSpan NextDelay()
    {
        var whole = Math.Min(
            options.DelayFirst.Ticks * Math.Pow(2, Math.Min(_failedCount, 40)), options.DelayMax.Ticks);
        return TimeSpan.FromTicks((long)(whole * (0.5 + (0.5 * chance()))));
    }
}

namespace CimStore.Policies;

/// <summary>Instants as UTC ticks of 100 ns, which end where time does instead of overflowing.</summary>
internal static class Instant
{
    public static readonly long LastTicks = DateTimeOffset.MaxValue.UtcTicks;

    public static long Later(DateTimeOffset start, TimeSpan by) =>
        by.Ticks > LastTicks - start.UtcTicks ? LastTicks : start.UtcTicks + by.Ticks;

    public static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);

    /// <summary>
    /// The first instant at which something that holds now no longer does, where it stops for good; null when it holds
    /// for ever. The estimate only saves steps: the answer is right to the tick whatever it is.
    /// </summary>
    /// <param name="holds">Asks the state at an instant; static, so that asking allocates nothing.</param>
    public static long? WhenEnds<TState>(
        Func<TState, long, bool> holds, TState state, long nowTicks, double estimateTicks)
    {
        if (!holds(state, nowTicks) || holds(state, LastTicks))
        {
            return null;
        }

        // The estimate is an ulp or two of a double off, some 100 ticks; the brackets double until they hold the end.
        long low = nowTicks, high = LastTicks;
        if (estimateTicks > nowTicks && estimateTicks < LastTicks)
        {
            var guess = (long)estimateTicks;
            for (long step = 64; step > 0 && step < high - low; step *= 2)
            {
                var below = Math.Max(low, guess - step);
                var above = Math.Min(high, guess + step);
                if (holds(state, below) && !holds(state, above))
                {
                    (low, high) = (below, above);
                    break;
                }
            }
        }

        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = holds(state, middle) ? (middle, high) : (low, middle);
        }

        return high;
    }
}

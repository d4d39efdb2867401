namespace CimStore.Policies;

/// <summary>
/// How often something is read, lately: a count that loses half its weight every half-life, kept as a rate, so that
/// <c>r</c> reads a day kept up for ever give <c>r</c>. One read adds ln 2 / half-life: 0.099 a day where it is 7 days,
/// so 11 reads at once are more than one a day. The rate keeps its meaning when a policy with another half-life comes.
/// </summary>
/// <param name="PerDay">Reads a day, as of <paramref name="At"/>.</param>
/// <param name="At">When the rate was so; the default value was never read.</param>
public readonly record struct AccessRate(double PerDay, DateTimeOffset At)
{
    /// <summary>The rate after <paramref name="count"/> reads. Reads told late count as what is left of them.</summary>
    public AccessRate Add(long count, DateTimeOffset at, TimeSpan halfLife)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(halfLife, TimeSpan.Zero);
        var added = count * Math.Log(2) / halfLife.TotalDays;
        return at >= At
            ? new AccessRate(PerDayAt(at, halfLife) + added, at)
            : new AccessRate(PerDay + new AccessRate(added, at).PerDayAt(At, halfLife), At);
    }

    /// <summary>What is left of the rate at an instant; before <see cref="At"/> it is what it was then.</summary>
    public double PerDayAt(DateTimeOffset now, TimeSpan halfLife) => PerDayAt(now.UtcTicks, halfLife.Ticks);

    /// <summary>
    /// Falls, never rises, from each 100 ns to the next, rounding included: the quotient is rounded right, and at a
    /// half-life of a year one step still takes 10 times what a double can tell apart. The due date rests on it.
    /// </summary>
    internal double PerDayAt(long nowTicks, long halfLifeTicks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(halfLifeTicks, 0);
        return PerDay * Math.Pow(2, -((double)Math.Max(0, nowTicks - At.UtcTicks) / halfLifeTicks));
    }
}

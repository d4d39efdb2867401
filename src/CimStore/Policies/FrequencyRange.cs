namespace CimStore.Policies;

/// <summary>
/// Reads a day between two ends, each of which belongs to the range or not: the seed's "more than one a day" leaves out
/// one a day. Without an upper end it is infinite.
/// </summary>
public readonly record struct FrequencyRange(
    double LowPerDay, bool IncludesLow, double HighPerDay, bool IncludesHigh)
{
    public static FrequencyRange From(double perDay) => new(perDay, true, double.PositiveInfinity, false);

    public static FrequencyRange Above(double perDay) => new(perDay, false, double.PositiveInfinity, false);

    public static FrequencyRange Below(double perDay) => new(0, true, perDay, false);

    public static FrequencyRange AtMost(double perDay) => new(0, true, perDay, true);

    public bool Contains(double perDay) => IsAboveLow(perDay) && IsBelowHigh(perDay);

    internal bool IsAboveLow(double perDay) => IncludesLow ? perDay >= LowPerDay : perDay > LowPerDay;

    internal bool IsBelowHigh(double perDay) => IncludesHigh ? perDay <= HighPerDay : perDay < HighPerDay;
}

using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>
/// The facts that a rule matches, as a box: half-open intervals of whole numbers for age, frequency and size, and sets
/// of bits for the rest. Doubles that are not negative order as their bits do, so that frequencies are whole numbers
/// too and "above x" is "from the next double on": every answer about boxes is exact.
/// </summary>
internal sealed record RuleRegion(ImmutableArray<(long From, long Below)> Intervals, ImmutableArray<int> Sets)
{
    public bool IsEmpty => Intervals.Any(interval => interval.From >= interval.Below) || Sets.Any(set => set == 0);

    /// <summary>All there is; without watermarks nothing is ever under pressure.</summary>
    public static RuleRegion Everything(bool hasWatermarks) => new(
        [(0, long.MaxValue), (0, long.MaxValue), (0, long.MaxValue)],
        [
            All<StorageTier>(), All<DurabilityClass>(), All<DataClass>(), All<AccessPattern>(),
            hasWatermarks ? All<TierPressure>() : 1 << (int)TierPressure.None,
        ]);

    public static RuleRegion Of(MigrationRule rule, bool hasWatermarks)
    {
        var everything = Everything(hasWatermarks);
        var atLeast = -1 << (int)rule.Pressure;
        return new RuleRegion(
            [
                rule.Age is { } age ? (age.From.Ticks, age.Below?.Ticks ?? long.MaxValue) : (0, long.MaxValue),
                rule.Frequency is { } frequency ? Frequencies(frequency) : (0, long.MaxValue),
                rule.Size is { } size ? (size.FromBytes, size.BelowBytes ?? long.MaxValue) : (0, long.MaxValue),
            ],
            [
                Bits(rule.Tiers), Bits(rule.Classes), Bits(rule.DataClasses), Bits(rule.Patterns),
                atLeast & everything.Sets[4],
            ]);
    }

    public bool Meets(RuleRegion other) => !Intersect(other).IsEmpty;

    /// <summary>Whether the boxes together hold all of this one.</summary>
    /// <param name="stepsLeft">
    /// Boxes cut each other into pieces, in the worst case very many; when the steps are used up the answer is no.
    /// </param>
    public bool IsCoveredBy(ReadOnlySpan<RuleRegion> boxes, ref int stepsLeft)
    {
        if (IsEmpty)
        {
            return true;
        }

        if (boxes.IsEmpty || stepsLeft-- <= 0)
        {
            return false;
        }

        foreach (var piece in Outside(boxes[0]))
        {
            if (!piece.IsCoveredBy(boxes[1..], ref stepsLeft))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What is left of this box without the other, in pieces that do not meet.</summary>
    private List<RuleRegion> Outside(RuleRegion other)
    {
        var pieces = new List<RuleRegion>();
        if (!Meets(other))
        {
            pieces.Add(this);
            return pieces;
        }

        var rest = this;
        for (var index = 0; index < Intervals.Length; index++)
        {
            var (from, below) = rest.Intervals[index];
            var (otherFrom, otherBelow) = other.Intervals[index];
            if (from < otherFrom)
            {
                pieces.Add(rest with { Intervals = rest.Intervals.SetItem(index, (from, otherFrom)) });
            }

            if (otherBelow < below)
            {
                pieces.Add(rest with { Intervals = rest.Intervals.SetItem(index, (otherBelow, below)) });
            }

            var common = (Math.Max(from, otherFrom), Math.Min(below, otherBelow));
            rest = rest with { Intervals = rest.Intervals.SetItem(index, common) };
        }

        for (var index = 0; index < Sets.Length; index++)
        {
            if ((rest.Sets[index] & ~other.Sets[index]) is not 0 and var beyond)
            {
                pieces.Add(rest with { Sets = rest.Sets.SetItem(index, beyond) });
            }

            rest = rest with { Sets = rest.Sets.SetItem(index, rest.Sets[index] & other.Sets[index]) };
        }

        return pieces;
    }

    private RuleRegion Intersect(RuleRegion other) => new(
        [.. Intervals.Zip(other.Intervals, (a, b) => (Math.Max(a.From, b.From), Math.Min(a.Below, b.Below)))],
        [.. Sets.Zip(other.Sets, (a, b) => a & b)]);

    private static (long From, long Below) Frequencies(FrequencyRange range) => (
        Cut(range.LowPerDay, after: !range.IncludesLow),
        double.IsPositiveInfinity(range.HighPerDay) ? long.MaxValue : Cut(range.HighPerDay, after: range.IncludesHigh));

    private static long Cut(double perDay, bool after) =>
        BitConverter.DoubleToInt64Bits(after ? Math.BitIncrement(perDay) : perDay);

    private static int Bits<T>(ImmutableArray<T> set)
        where T : struct, Enum =>
        set.IsEmpty ? All<T>() : set.Aggregate(0, (bits, value) => bits | Bit(value));

    private static int All<T>()
        where T : struct, Enum =>
        Enum.GetValues<T>().Aggregate(0, (bits, value) => bits | Bit(value));

    private static int Bit<T>(T value)
        where T : struct, Enum =>
        1 << Array.IndexOf(Enum.GetValues<T>(), value);
}

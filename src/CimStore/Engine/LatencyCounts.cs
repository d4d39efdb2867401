using System.Diagnostics;
using System.Numerics;

namespace CimStore.Engine;

/// <summary>
/// How many durations fell into which bucket. The unit is the tick of 100 ns: below 32 of them each has a bucket of its
/// own, above that every power of two has 16.
/// </summary>
internal sealed class LatencyCounts
{
    private const int SubBucketBits = 4;
    private const int SubBuckets = 1 << SubBucketBits;
    private const int Exact = 2 * SubBuckets;

    /// <summary>2^40 ticks are 30 hours; what took longer counts as that.</summary>
    private const int TicksBits = 40;

    private const long TicksMax = (1L << TicksBits) - 1;

    public const int BucketCount = Exact + ((TicksBits - SubBucketBits - 1) * SubBuckets);

    public static readonly LatencyCounts None = new(new long[BucketCount]);

    private readonly long[] _counts;

    /// <param name="counts">By bucket; they are this object's from here on.</param>
    public LatencyCounts(long[] counts)
    {
        Debug.Assert(counts.Length == BucketCount);
        _counts = counts;
        Count = counts.Sum();
    }

    public long Count { get; }

    public static int BucketOf(TimeSpan took)
    {
        var ticks = Math.Clamp(took.Ticks, 0, TicksMax);
        if (ticks < Exact)
        {
            return (int)ticks;
        }

        var shift = BitOperations.Log2((ulong)ticks) - SubBucketBits;
        return Exact + ((shift - 1) * SubBuckets) + (int)(ticks >> shift) - SubBuckets;
    }

    /// <summary>The longest duration that falls into a bucket.</summary>
    public static TimeSpan EndOf(int bucket)
    {
        if (bucket < Exact)
        {
            return TimeSpan.FromTicks(bucket);
        }

        var shift = ((bucket - Exact) / SubBuckets) + 1;
        var step = ((bucket - Exact) % SubBuckets) + SubBuckets;
        return TimeSpan.FromTicks(((step + 1L) << shift) - 1);
    }

    public LatencyCounts Plus(LatencyCounts other) =>
        new([.. _counts.Zip(other._counts, static (left, right) => left + right)]);

    /// <summary>No more than the share of durations were longer; never told too short. Null without any.</summary>
    public TimeSpan? Quantile(double share)
    {
        var rank = (long)Math.Ceiling(share * Count);
        var seen = 0L;
        for (var bucket = 0; bucket < BucketCount; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= rank && seen > 0)
            {
                return EndOf(bucket);
            }
        }

        return null;
    }

    public LatencyFigures Figures() => new(Count, Quantile(0.5), Quantile(0.99));
}

using CimStore.Engine;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>A histogram tells quantiles that are never too low and at most a sixteenth too high.</summary>
[Trait("row", "B1")]
public sealed class LatencyHistogramTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(30);

    private static readonly Gen<TimeSpan> Duration =
        Gen.Double[0, Math.Log(Longest.Ticks)].Select(static power => TimeSpan.FromTicks((long)Math.Exp(power)));

    [Fact]
    public void A_quantile_is_the_exact_one_or_up_to_a_sixteenth_longer() =>
        Gen.Select(Duration.List[1, 400], Gen.Double[0.001, 1]).Sample(static (durations, share) =>
        {
            var histogram = new LatencyHistogram();
            durations.ForEach(histogram.Add);

            var told = histogram.Take().Quantile(share)!.Value;

            var rank = (int)Math.Ceiling(share * durations.Count);
            var exact = durations.Order().ElementAt(Math.Max(rank, 1) - 1);
            Assert.InRange(told.Ticks, exact.Ticks, exact.Ticks + (exact.Ticks / 16));
        });

    [Fact]
    public void Every_duration_falls_into_the_bucket_whose_end_is_the_first_not_before_it() =>
        Duration.Sample(static duration =>
        {
            var bucket = LatencyCounts.BucketOf(duration);

            Assert.True(duration <= LatencyCounts.EndOf(bucket));
            Assert.True(bucket == 0 || duration > LatencyCounts.EndOf(bucket - 1));
        });

    [Fact]
    public void What_is_longer_than_the_last_bucket_or_negative_is_counted_at_the_ends()
    {
        var histogram = new LatencyHistogram();
        histogram.Add(TimeSpan.MaxValue);
        histogram.Add(TimeSpan.FromTicks(-1));

        Assert.Equal(LatencyCounts.BucketCount - 1, LatencyCounts.BucketOf(TimeSpan.MaxValue));
        Assert.Equal(TimeSpan.Zero, histogram.Take().Quantile(0.5));
        Assert.Equal(LatencyCounts.EndOf(LatencyCounts.BucketCount - 1), histogram.Take().Quantile(1));
    }

    [Fact]
    public void Two_together_are_as_one_that_got_all() =>
        Gen.Select(Duration.List[0, 200], Duration.List[0, 200]).Sample(static (left, right) =>
        {
            var (one, other, both) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
            left.ForEach(one.Add);
            right.ForEach(other.Add);
            left.ForEach(both.Add);
            right.ForEach(both.Add);

            Assert.Equal(both.Take().Figures(), one.Take().Plus(other.Take()).Figures());
            Assert.Equal(left.Count + right.Count, both.Take().Count);
        });

    [Fact]
    public void Nothing_measured_has_no_quantiles() =>
        Assert.Equal(LatencyFigures.None, new LatencyHistogram().Take().Figures());

    [Fact]
    public async Task None_is_lost_when_many_count_at_once()
    {
        var histogram = new LatencyHistogram();
        var counting = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var index = 0; index < 100_000; index++)
            {
                histogram.Add(TimeSpan.FromTicks(index % 7));
            }
        }));

        await Task.WhenAll(counting);

        Assert.Equal(400_000, histogram.Take().Count);
    }
}

using CimStore.Policies;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Policies;

public sealed class AccessRateTests
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_read_counts_half_after_a_half_life()
    {
        var rate = default(AccessRate).Add(10, Start, Week);

        Assert.Equal(10 * Math.Log(2) / 7, rate.PerDay, 12);
        Assert.Equal(rate.PerDay / 2, rate.PerDayAt(Start + Week, Week), 12);
        Assert.Equal(rate.PerDay, rate.PerDayAt(Start - Week, Week));
    }

    [Fact]
    public void What_is_kept_up_is_told_as_it_is()
    {
        var rate = default(AccessRate);
        for (var hour = 0; hour < 24 * 200; hour++)
        {
            rate = rate.Add(1, Start.AddHours(hour), Week);
        }

        Assert.InRange(rate.PerDay, 23.9, 24.1);
    }

    [Fact]
    public void Reads_told_late_count_as_what_is_left_of_them() =>
        Gen.Select(Gen.Long[0, TimeSpan.TicksPerDay * 30], Gen.Int[1, 100]).Sample((ticks, count) =>
        {
            var later = Start.AddTicks(ticks);

            var inOrder = default(AccessRate).Add(count, Start, Week).Add(2, later, Week);
            var late = default(AccessRate).Add(2, later, Week).Add(count, Start, Week);

            Assert.Equal(later, late.At);
            Assert.Equal(inOrder.PerDay, late.PerDay, 9);
        });

    [Fact]
    public void It_never_rises_from_one_tick_to_the_next() =>
        Gen.Select(
            Gen.Double[0, 1000], Gen.Long[0, TimeSpan.TicksPerDay * 4000],
            MigrationGen.Of(TimeSpan.FromHours(1), Week, MigrationPolicy.HalfLifeMax))
        .Sample((perDay, ticks, halfLife) =>
        {
            var rate = new AccessRate(perDay, Start);
            var at = Start.AddTicks(ticks);
            for (var step = 0; step < 100; step++)
            {
                var before = rate.PerDayAt(at.AddTicks(step), halfLife);
                Assert.True(rate.PerDayAt(at.AddTicks(step + 1), halfLife) <= before);
            }
        });
}

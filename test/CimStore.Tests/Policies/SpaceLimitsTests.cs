using CimStore.Locations;
using CimStore.Policies;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Policies;

/// <summary>When a location is full, when it is no more, and when it is looked at again.</summary>
[Trait("row", "G9")]
public sealed class SpaceLimitsTests
{
    private static readonly SpaceLimits Limits = SpaceLimits.Default;

    private static readonly Gen<LocationRoom> Rooms = Gen.Long[1, 1L << 46].SelectMany(
        static total => Gen.Long[0, total].Select(free => new LocationRoom(total, free)));

    [Theory]
    [InlineData(51, false, false)]
    [InlineData(50, false, true)]
    [InlineData(50, true, true)]
    [InlineData(100, true, true)]
    [InlineData(101, true, false)]
    [InlineData(100, false, false)]
    [InlineData(0, false, true)]
    public void It_is_full_from_95_percent_on_until_it_is_below_90(int freeOfThousand, bool wasFull, bool isFull) =>
        Assert.Equal(isFull, Limits.IsFull(wasFull, new LocationRoom(1000, freeOfThousand)));

    [Fact]
    public void What_has_no_end_is_never_full()
    {
        Assert.False(Limits.IsFull(wasFull: true, default));
        Assert.Null(Limits.BytesLeft(default));
        Assert.Equal(0, Limits.BytesTooMany(default));
        Assert.Equal(SpaceLimits.LookAfterBytesMax, Limits.LookAfterBytes(default));
    }

    [Fact]
    public void With_what_is_too_much_gone_it_is_full_no_more_and_with_less_gone_it_still_is() =>
        Rooms.Sample(static room =>
        {
            var excess = Limits.BytesTooMany(room);
            var after = room with { BytesFree = room.BytesFree + excess };

            Assert.False(Limits.IsFull(wasFull: true, after));
            Assert.True(excess < 3 || Limits.IsFull(wasFull: true, after with { BytesFree = after.BytesFree - 2 }));
        });

    [Fact]
    public void What_is_left_fits_and_a_little_more_does_not() =>
        Rooms.Sample(static room =>
        {
            var left = Limits.BytesLeft(room)!.Value;

            Assert.True(left == 0 || !Limits.IsFull(false, room with { BytesFree = room.BytesFree - left + 1 }));
            Assert.True(
                room.BytesFree < left + 2
                || Limits.IsFull(false, room with { BytesFree = room.BytesFree - left - 2 }));
        });

    /// <summary>By 1/1024 and a content, where every content is counted and nobody else writes.</summary>
    [Fact]
    public void Whoever_looks_when_it_is_due_passes_the_limit_by_little() =>
        Gen.Select(Gen.Long[1 << 20, 1L << 42], Gen.Int[1, 4 << 20]).Sample(static (total, size) =>
        {
            var room = new LocationRoom(total, total);
            while (!Limits.IsFull(false, room))
            {
                // As many contents as come before the next look.
                var taken = ((Limits.LookAfterBytes(room) + size - 1) / size) * size;
                room = room with { BytesFree = room.BytesFree - taken };
            }

            var passed = (total - room.BytesFree!.Value) - (total * Limits.FillShareMax);
            Assert.True(passed <= (total / 1024.0) + size + 1, $"{passed} of {total} with contents of {size}");
        }, iter: 200);

    [Theory]
    [InlineData(0.9, 0.95)]
    [InlineData(1.01, 0.9)]
    [InlineData(0.9, 0)]
    [InlineData(double.NaN, 0.5)]
    [InlineData(0.9, double.NaN)]
    public void Limits_that_exist_are_in_order(double max, double resumed) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpaceLimits(max, resumed));
}

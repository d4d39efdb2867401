using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Policies;

/// <summary>Which copies go for want of space: what no class needs, the longest unused first, and no more.</summary>
[Trait("row", "G9")]
public sealed class EvictionTests
{
    private static readonly LocationId Full = new("l0");

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Eight devices, of which always two are one node.</summary>
    private static readonly ImmutableDictionary<LocationId, LocationTraits> All = Enumerable.Range(0, 8)
        .ToImmutableDictionary(
            static index => new LocationId($"l{index}"),
            static index => Places.Traits(StorageTier.Warm, Places.Standing(index)));

    private static readonly Gen<ObjectRecord> Records = Gen.Select(
        Gen.Int.Select(Places.Content), Gen.Enum<DurabilityClass>(),
        Gen.Select(Gen.Int[0, 7], Gen.Enum<CopyState>()).List[0, 6], Gen.Int[0, 9],
        static (key, durability, copies, dice) => new ObjectRecord
        {
            Key = key,
            SizeBytes = 10,
            Root = Cid.ForRaw(new byte[32]),
            Created = new Lsn(1),
            CreatedAt = Start,
            Revision = new Lsn(2),
            Class = durability,
            Tombstone = dice == 0 ? new Tombstone(new Lsn(2), Start, Start, null) : null,
            Copies =
            [
                .. copies.DistinctBy(static copy => copy.Item1).Select(static copy => new Copy(
                    new LocationId($"l{copy.Item1}"), 7, copy.Item2, CopyHeader.Plain, Start)),
            ],
        });

    private static readonly Gen<SpareCopy> Spares = Gen.Select(Gen.Int, Gen.Long[0, 1000], Gen.Int[0, 20]).Select(
        static (number, bytes, hours) => new SpareCopy(
            Places.Content(number), new Copy(Full, 1, CopyState.Verified, CopyHeader.Plain, Start), bytes,
            Start.AddHours(hours)));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Where_no_space_is_wanted_any_more_nothing_goes(long bytesWanted)
    {
        var eviction = new Eviction(bytesWanted, 10);

        eviction.Offer(new SpareCopy(
            Places.Content(1), new Copy(Full, 1, CopyState.Verified, CopyHeader.Plain, Start), 100, Start));

        Assert.Empty(eviction.Choose());
    }

    [Fact]
    public void Without_a_spare_copy_the_class_has_all_it_requires_at_locations_that_are_there() =>
        Gen.Select(Records, Gen.Int[0, 255], Gen.Enum<FailureDomainLevel>()).Sample(static (record, away, level) =>
        {
            var here = All.RemoveRange(All.Keys.Where(location => ((away >> (location.Name[1] - '0')) & 1) != 0));

            var spare = Eviction.FindSpare(record, Full, here, level);

            var left = record with { Copies = record.Copies.RemoveAll(static copy => copy.Location == Full) };
            var held = record.Copies.FirstOrDefault(static copy => copy.Location == Full);
            var isEnough = CopyCount.Of(left, here, level) >= ConsistencyTable.CopiesRequired(record.Class);
            Assert.Equal(
                record.IsPresent && held?.State == CopyState.Verified && isEnough, spare is not null);
            Assert.True(spare is null || ReferenceEquals(spare, held));
        }, iter: 20_000);

    [Fact]
    public void The_longest_unused_go_as_many_as_are_wanted_and_not_one_more() =>
        Gen.Select(Spares.List[0, 60], Gen.Long[1, 20_000], Gen.Int[1, 40]).Sample(static (spares, wanted, countMax) =>
        {
            spares = [.. spares.DistinctBy(static spare => spare.Key)];
            var eviction = new Eviction(wanted, countMax);
            spares.ForEach(eviction.Offer);

            var chosen = eviction.Choose();

            var inOrder = spares.OrderBy(static spare => spare.LastUsedAt).ThenBy(static spare => spare.Key.Cid);
            Assert.Equal(inOrder.Take(chosen.Count), chosen);
            Assert.True(chosen.Count <= countMax);
            Assert.True(
                chosen.Sum(static spare => spare.RoomBytes) >= wanted
                || chosen.Count == Math.Min(countMax, spares.Count));
            Assert.True(chosen.SkipLast(1).Sum(static spare => spare.RoomBytes) < wanted);
        });
}

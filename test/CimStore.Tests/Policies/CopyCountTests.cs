using System.Numerics;
using CimStore.Locations;
using CimStore.Policies;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Policies;

/// <summary>Copies are counted by what it takes to destroy them all.</summary>
public sealed class CopyCountTests
{
    private const int Devices = 10;

    /// <summary>A plain copy on a device, or one spread over several parts of which some suffice.</summary>
    private static readonly Gen<LocationTraits> Traits = Gen.OneOf(
        Gen.Int[0, Devices - 1].Select(device => Places.Traits(StorageTier.Warm, Places.Standing(device))),
        Gen.Int[0, Devices - 1].List[1, 8].SelectMany(parts => Gen.Int[1, parts.Count].Select(needed =>
            Places.Pool(StorageTier.Warm, needed, parts.Select(Places.Standing)))));

    private static readonly Gen<List<CopyPlace>> Copies = Traits.List[0, 5].Select(traits => traits
        .Select((one, index) => new CopyPlace(new LocationId($"l{index}"), one)).ToList());

    private static readonly Gen<FailureDomainLevel> Level = Gen.Enum<FailureDomainLevel>();

    [Theory]
    [InlineData(FailureDomainLevel.Device, 5)]
    [InlineData(FailureDomainLevel.Node, 1)]
    [InlineData(FailureDomainLevel.Region, 1)]
    [Trait("row", "B8")]
    public void A_pool_of_four_and_four_on_one_node_survives_four_devices_and_no_node(
        FailureDomainLevel level, int expected) =>
        Assert.Equal(expected, Of(level, Places.Pool(
            StorageTier.Warm, 4, Enumerable.Range(0, 8).Select(device => $"device=d{device} node=n1"))));

    [Fact]
    public void The_domains_with_most_parts_are_lost_first()
    {
        var pool = Places.Pool(
            StorageTier.Warm, 4, "node=a", "node=a", "node=a", "node=b", "node=b", "node=c", "node=d");

        Assert.Equal(2, Of(FailureDomainLevel.Node, pool));
    }

    [Fact]
    public void A_plain_copy_on_a_device_of_the_pool_adds_nothing_and_one_beside_it_adds_one()
    {
        var pool = Places.Pool(StorageTier.Warm, 4, Enumerable.Range(0, 8).Select(device => $"device=d{device}"));

        Assert.Equal(5, Of(FailureDomainLevel.Device, pool, Places.Traits(StorageTier.Hot, "device=d0")));
        Assert.Equal(6, Of(FailureDomainLevel.Device, pool, Places.Traits(StorageTier.Hot, "device=log")));
    }

    [Fact]
    public void A_pool_that_owes_parts_counts_what_it_has()
    {
        var pool = Places.Pool(StorageTier.Warm, 4, Enumerable.Range(0, 5).Select(device => $"device=d{device}"));

        Assert.Equal(2, Of(FailureDomainLevel.Device, pool));
        Assert.Equal(0, Of(FailureDomainLevel.Device, pool with { PartsNeeded = 6 }));
    }

    [Fact]
    public void Parts_have_the_labels_of_their_pool_unless_they_say_otherwise()
    {
        var pool = Places.Pool(StorageTier.Warm, 2, "device=a", "device=b", "device=c", "device=d");

        Assert.Equal(3, Of(FailureDomainLevel.Node, pool));
        Assert.Equal(1, Of(FailureDomainLevel.Node, pool with { Labels = Places.Labels("node=n1") }));
    }

    [Fact]
    [Trait("row", "B9")]
    public void Who_has_no_rack_label_shares_the_rack_of_whoever_is_on_the_same_node()
    {
        var labelled = Places.Traits(StorageTier.Warm, "device=a node=n1 rack=r1");
        var other = Places.Traits(StorageTier.Warm, "device=a node=n2 rack=r2");

        Assert.Equal(1, Of(FailureDomainLevel.Rack, labelled, Places.Traits(StorageTier.Warm, "node=n1")));
        Assert.Equal(2, Of(FailureDomainLevel.Rack, labelled, Places.Traits(StorageTier.Warm, "node=n9")));
        Assert.Equal(2, Of(FailureDomainLevel.Rack, labelled, other));
        Assert.Equal(1, Of(FailureDomainLevel.Device, labelled, other));
    }

    [Fact]
    public void Only_verified_copies_at_known_locations_count()
    {
        var record = ReleaseGateTests.Live("a", "b", "c", "d");
        var known = new[] { "a", "b", "d" }.ToDictionary(
            name => new LocationId(name), _ => Places.Traits(StorageTier.Warm, ""));
        record = record with
        {
            Copies = record.Copies.SetItem(3, record.Copies[3] with { State = CopyState.Quarantined }),
        };

        Assert.Equal(2, CopyCount.Of(record, known, FailureDomainLevel.Device));
    }

    [Fact]
    [Trait("row", "B9")]
    public void The_count_never_exceeds_the_domains_it_takes_to_destroy_everything() =>
        Gen.Select(Copies, Level).Sample((copies, level) =>
        {
            var count = CopyCount.Of(copies, level);
            var truth = Smallest(copies, level);

            Assert.InRange(count, 0, truth);
            if (copies.Count(copy => !copy.Traits.Parts.IsEmpty) <= 1)
            {
                Assert.Equal(truth, count);
            }
        });

    [Fact]
    public void The_order_does_not_matter_and_another_copy_never_takes_away() =>
        Gen.Select(Copies, Level, Gen.Int).Sample((copies, level, seed) =>
        {
            var shuffled = copies.ToArray();
            new Random(seed).Shuffle(shuffled);

            Assert.Equal(CopyCount.Of(copies, level), CopyCount.Of(shuffled, level));
            for (var count = 0; count < copies.Count; count++)
            {
                Assert.True(CopyCount.Of(shuffled.Take(count), level) <= CopyCount.Of(shuffled.Take(count + 1), level));
            }
        });

    private static int Of(FailureDomainLevel level, params LocationTraits[] traits) => CopyCount.Of(
        traits.Select((one, index) => new CopyPlace(new LocationId($"l{index}"), one)), level);

    /// <summary>The oracle: every set of domains is tried.</summary>
    private static int Smallest(List<CopyPlace> copies, FailureDomainLevel level)
    {
        if (copies.Count == 0)
        {
            return 0;
        }

        var label = level.ToString().ToLowerInvariant();
        var parts = copies.Select(copy =>
            (copy.Traits.Parts.IsEmpty ? [copy.Traits.Labels] : copy.Traits.Parts.AsEnumerable())
            .Select(labels => labels[label]).ToList()).ToList();
        var domains = parts.SelectMany(part => part).Distinct().ToList();
        return Enumerable.Range(0, 1 << domains.Count)
            .Where(lost => parts.Zip(copies).All(copy =>
                copy.First.Count(domain => (lost >> domains.IndexOf(domain) & 1) == 0)
                    < copy.Second.Traits.PartsNeeded))
            .Min(lost => BitOperations.PopCount((uint)lost));
    }
}

using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using Xunit;

namespace CimStore.Tests.Policies;

public sealed class PolicyTests
{
    [Theory]
    [InlineData(0, SizeHome.KeyValueInMemory)]
    [InlineData(1023, SizeHome.KeyValueInMemory)]
    [InlineData(1024, SizeHome.KeyValueOnDisk)]
    [InlineData(1025, SizeHome.KeyValueOnDisk)]
    [InlineData((1 << 20) - 1, SizeHome.KeyValueOnDisk)]
    [InlineData(1 << 20, SizeHome.ObjectStore)]
    [InlineData((1 << 20) + 1, SizeHome.ObjectStore)]
    [InlineData((1 << 30) - 1, SizeHome.ObjectStore)]
    [InlineData(1 << 30, SizeHome.ObjectStore)]
    [InlineData((1L << 30) + 1, SizeHome.ObjectStoreAndExternal)]
    [InlineData(long.MaxValue, SizeHome.ObjectStoreAndExternal)]
    [Trait("row", "B6")]
    public void The_size_alone_names_the_home_and_says_why(long sizeBytes, SizeHome expected)
    {
        var verdict = SizeMatrix.Home(sizeBytes);

        Assert.Equal(expected, verdict.Home);
        Assert.NotEmpty(verdict.Reason);
    }

    [Fact]
    [Trait("row", "B7")]
    public void Every_pattern_changes_something_and_says_why()
    {
        var verdicts = Enum.GetValues<AccessPattern>().Select(PatternPolicy.For).ToList();

        Assert.Equal(verdicts.Count, verdicts.Distinct().Count());
        Assert.All(verdicts, verdict => Assert.NotEmpty(verdict.Reason));
    }

    [Theory]
    [InlineData(DurabilityClass.Ephemeral, ConsistencyLevel.Strong, 1)]
    [InlineData(DurabilityClass.Standard, ConsistencyLevel.Strong, 2)]
    [InlineData(DurabilityClass.Critical, ConsistencyLevel.Strong, 3)]
    [InlineData(DurabilityClass.Ephemeral, ConsistencyLevel.Quorum, 1)]
    [InlineData(DurabilityClass.Standard, ConsistencyLevel.Quorum, 2)]
    [InlineData(DurabilityClass.Critical, ConsistencyLevel.Quorum, 2)]
    [InlineData(DurabilityClass.Critical, ConsistencyLevel.Causal, 1)]
    [InlineData(DurabilityClass.Critical, ConsistencyLevel.ReadYourWrites, 1)]
    [InlineData(DurabilityClass.Critical, ConsistencyLevel.Eventual, 1)]
    public void Class_and_level_say_how_many_copies_come_first(
        DurabilityClass durability, ConsistencyLevel level, int expected) =>
        Assert.Equal(expected, ConsistencyTable.CopiesBeforeAcknowledgement(durability, level));

    [Theory]
    [InlineData(DataClass.Metadata, ConsistencyLevel.Strong)]
    [InlineData(DataClass.Financial, ConsistencyLevel.Strong)]
    [InlineData(DataClass.EventStream, ConsistencyLevel.Causal)]
    [InlineData(DataClass.Content, ConsistencyLevel.Quorum)]
    public void Data_without_a_level_gets_the_one_of_its_class(DataClass data, ConsistencyLevel expected)
    {
        Assert.Equal(expected, ConsistencyTable.LevelFor(data));
        Assert.NotEmpty(ConsistencyTable.ReasonFor(data));
    }

    [Theory]
    [InlineData(1, DurabilityClass.Ephemeral)]
    [InlineData(2, DurabilityClass.Standard)]
    [InlineData(3, DurabilityClass.Critical)]
    [InlineData(9, DurabilityClass.Critical)]
    public void The_default_class_is_the_strongest_that_can_be_had(int domains, DurabilityClass expected)
    {
        Assert.Equal(expected, DurabilityPolicy.Strongest(domains));
        foreach (var wanted in Enum.GetValues<DurabilityClass>())
        {
            Assert.Equal(wanted <= expected, DurabilityPolicy.WhyNot(wanted, domains) is null);
        }
    }

    [Fact]
    public void A_copy_counts_in_the_widest_domain_that_is_known()
    {
        var traits = new LocationTraits
        {
            Tier = StorageTier.Hot,
            Medium = "nvme",
            Labels = new Dictionary<string, string> { ["node"] = "n1", ["rack"] = "r1" },
        };

        Assert.Equal("rack:r1", DurabilityPolicy.DomainOf(new LocationId("hot"), traits));
        Assert.Equal("location:hot", DurabilityPolicy.DomainOf(
            new LocationId("hot"), traits with { Labels = new Dictionary<string, string>() }));
    }
}

using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using Xunit;

namespace CimStore.Tests.Policies;

public sealed class PlacementTests
{
    private const long Small = 4096;
    private const long Large = 1 << 20;

    private static readonly PlacementOptions Options = new();

    /// <summary>The usual three: the log, one Warm location, and a provider's Cold one.</summary>
    private static readonly ImmutableArray<PlacementCandidate> Three =
    [
        Places.Home("device=a"),
        Places.At("warm", StorageTier.Warm, "device=b"),
        External("cold"),
    ];

    [Theory]
    [InlineData(0, "hot", "", "hot", "size in [0, 1 KiB)")]
    [InlineData(1023, "hot", "", "hot", "size in [0, 1 KiB)")]
    [InlineData(1024, "hot", "", "hot", "size in [1 KiB, 1 MiB)")]
    [InlineData(1025, "hot", "", "hot", "size in [1 KiB, 1 MiB)")]
    [InlineData((1 << 20) - 1, "hot", "", "hot", "size in [1 KiB, 1 MiB)")]
    [InlineData(1 << 20, "hot warm", "", "warm", "the durable home is Warm, warm, and hot keeps a cache copy")]
    [InlineData((1 << 20) + 1, "hot warm", "", "warm", "size in [1 MiB, 1 GiB]")]
    [InlineData((1 << 30) - 1, "hot warm", "", "warm", "size in [1 MiB, 1 GiB]")]
    [InlineData(1 << 30, "hot warm", "", "warm", "size in [1 MiB, 1 GiB]")]
    [InlineData((1L << 30) + 1, "hot warm", "cold", "warm", "size above 1 GiB")]
    [InlineData(long.MaxValue, "hot warm", "cold", "warm", "size above 1 GiB")]
    [Trait("row", "B6")]
    public void The_size_alone_leads_to_the_store_that_is_documented(
        long sizeBytes, string before, string owed, string counted, string reason)
    {
        var plan = Plan(Request(sizeBytes, DurabilityClass.Ephemeral, ConsistencyLevel.Strong), Three);

        AssertPlan(plan, before, owed);
        Assert.Equal(counted, Places.Names(plan.Counted));
        Assert.Contains(reason, plan.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DurabilityClass.Ephemeral, ConsistencyLevel.Strong, "hot", "")]
    [InlineData(DurabilityClass.Ephemeral, ConsistencyLevel.Quorum, "hot", "")]
    [InlineData(DurabilityClass.Ephemeral, ConsistencyLevel.Causal, "hot", "")]
    [InlineData(DurabilityClass.Ephemeral, ConsistencyLevel.ReadYourWrites, "hot", "")]
    [InlineData(DurabilityClass.Ephemeral, ConsistencyLevel.Eventual, "hot", "")]
    [InlineData(DurabilityClass.Standard, ConsistencyLevel.Strong, "hot warm", "")]
    [InlineData(DurabilityClass.Standard, ConsistencyLevel.Quorum, "hot warm", "")]
    [InlineData(DurabilityClass.Standard, ConsistencyLevel.Causal, "hot", "warm")]
    [InlineData(DurabilityClass.Standard, ConsistencyLevel.ReadYourWrites, "hot", "warm")]
    [InlineData(DurabilityClass.Standard, ConsistencyLevel.Eventual, "hot", "warm")]
    [InlineData(DurabilityClass.Critical, ConsistencyLevel.Strong, "hot warm cold", "")]
    [InlineData(DurabilityClass.Critical, ConsistencyLevel.Quorum, "hot warm", "cold")]
    [InlineData(DurabilityClass.Critical, ConsistencyLevel.Causal, "hot", "warm cold")]
    [InlineData(DurabilityClass.Critical, ConsistencyLevel.ReadYourWrites, "hot", "warm cold")]
    [InlineData(DurabilityClass.Critical, ConsistencyLevel.Eventual, "hot", "warm cold")]
    [Trait("row", "B8")]
    public void Class_and_level_say_what_comes_first_and_what_is_owed(
        DurabilityClass durability, ConsistencyLevel level, string before, string owed)
    {
        var plan = Plan(Request(Small, durability, level), Three);

        AssertPlan(plan, before, owed);
        Assert.Equal((int)durability, plan.CopiesRequired);
        Assert.Equal(owed.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length, plan.CopiesOwed);
        Assert.Equal(0, plan.CopiesUnplaced);
        Assert.Contains($"{durability} requires", plan.Reason, StringComparison.Ordinal);
        Assert.Contains($"{level} requires", plan.Reason, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "B8")]
    public void One_pool_is_worth_several_copies()
    {
        var pool = new PlacementCandidate(new LocationId("pool"), Places.Pool(
            StorageTier.Warm, 4, Enumerable.Range(0, 8).Select(device => $"device=d{device} node=n1")));
        var request = Request(Large, DurabilityClass.Critical, ConsistencyLevel.Strong);

        AssertPlan(Plan(request, [Places.Home("device=log node=n1"), pool]), "hot pool", "");
        Assert.Equal(
            "class-unsatisfied",
            Plan(request, [Places.Home("device=log node=n1"), pool], FailureDomainLevel.Node).Rejection!.Code);
    }

    [Fact]
    public void The_cache_copy_counts_only_while_the_class_cannot_be_had_without_it()
    {
        var standard = Plan(Request(Large, DurabilityClass.Standard, ConsistencyLevel.Causal), Three);
        var critical = Plan(Request(Large, DurabilityClass.Critical, ConsistencyLevel.Causal), Three);

        Assert.Equal(("warm cold", 1), (Places.Names(standard.Counted), standard.CopiesOwed));
        Assert.Equal(("warm hot cold", 1), (Places.Names(critical.Counted), critical.CopiesOwed));
        AssertPlan(standard, "hot warm", "cold");
        AssertPlan(critical, "hot warm", "cold");
    }

    [Fact]
    public void Large_content_whose_durable_home_is_away_is_kept_by_the_log_and_owed_there()
    {
        ImmutableArray<PlacementCandidate> away = [Three[0], Three[1] with { IsReachable = false }];

        AssertPlan(Plan(Request(Large, DurabilityClass.Ephemeral, ConsistencyLevel.Strong), away), "hot", "warm");
    }

    [Fact]
    public void Large_content_without_a_warm_location_stays_where_new_content_goes()
    {
        var plan = Plan(Request(Large, DurabilityClass.Ephemeral, ConsistencyLevel.Strong), [Three[0], Three[2]]);

        AssertPlan(plan, "hot", "");
        Assert.Contains("so hot is its durable home", plan.Reason, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "B7")]
    public void Archival_content_prefers_tape_and_no_answer_stands_on_a_recall()
    {
        ImmutableArray<PlacementCandidate> candidates = [.. Three, Tape()];
        var causal = Request(Small, DurabilityClass.Standard, ConsistencyLevel.Causal);
        var strong = Request(Small, DurabilityClass.Standard, ConsistencyLevel.Strong);

        AssertPlan(Plan(causal, candidates), "hot", "warm");
        AssertPlan(Plan(causal with { Pattern = AccessPattern.Archival }, candidates), "hot", "tape");
        AssertPlan(Plan(strong with { Pattern = AccessPattern.Archival }, candidates), "hot warm", "");
        var refused = Plan(strong, [Three[0], Tape()]).Rejection!;
        Assert.Equal("level-unsatisfied", refused.Code);
        Assert.Contains("the others need a recall", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "B7")]
    public void Write_heavy_content_prefers_flash_within_a_tier()
    {
        var flash = new PlacementCandidate(
            new LocationId("flash"), Places.Traits(StorageTier.Warm, "device=c", "ssd"));
        foreach (var number in Enumerable.Range(0, 20))
        {
            var request = Request(Small, DurabilityClass.Standard, ConsistencyLevel.Causal) with
            {
                Key = Places.Content(number),
                Pattern = AccessPattern.WriteHeavy,
            };

            AssertPlan(Plan(request, [.. Three, flash]), "hot", "flash");
        }
    }

    [Fact]
    [Trait("row", "D10")]
    public void Near_regions_come_first_with_the_geographic_strategy()
    {
        ImmutableArray<PlacementCandidate> regions =
        [
            .. new[] { "eu-west-1", "eu-north-1", "us-east-1", "us-east-2" }.Select(region =>
                Places.At(region, StorageTier.Warm, $"device={region} region={region}")),
        ];
        var options = new PlacementOptions { Strategy = PlacementStrategy.Geographic };
        foreach (var number in Enumerable.Range(0, 20))
        {
            var request = Request(Small, DurabilityClass.Standard, ConsistencyLevel.Strong) with
            {
                Key = Places.Content(number),
                Region = "EU-west-1",
            };

            AssertPlan(Placement.Plan(request, regions, options), "eu-west-1 eu-north-1", "");
        }
    }

    [Fact]
    [Trait("row", "D10")]
    public void Ranges_of_digests_belong_to_the_locations_in_the_order_of_their_names()
    {
        ImmutableArray<PlacementCandidate> four =
            [.. "dbca".Select(name => Places.At(name.ToString(), StorageTier.Warm, $"device={name}"))];
        var options = new PlacementOptions { Strategy = PlacementStrategy.Range };
        foreach (var number in Enumerable.Range(0, 200))
        {
            var request = Request(Small, DurabilityClass.Ephemeral, ConsistencyLevel.Strong) with
            {
                Key = Places.Content(number),
            };
            var expected = "abcd"[request.Key.Cid.Digest[0] / 64];

            AssertPlan(Placement.Plan(request, four, options), expected.ToString(), "");
        }
    }

    [Fact]
    public void What_cannot_be_reached_is_asked_last()
    {
        ImmutableArray<PlacementCandidate> candidates = [Three[0], Three[1] with { IsReachable = false }, Three[2]];
        var critical = Request(Small, DurabilityClass.Critical, ConsistencyLevel.Quorum);

        AssertPlan(Plan(critical, candidates), "hot cold", "warm");
        AssertPlan(Plan(critical with { Level = ConsistencyLevel.Strong, AcceptDebt = true }, candidates),
            "hot cold", "warm");
        Assert.Equal(
            "locations-unreachable",
            Plan(critical with { Level = ConsistencyLevel.Strong }, candidates).Rejection!.Code);
    }

    [Fact]
    public void A_class_that_cannot_be_had_is_refused_unless_the_debt_is_accepted()
    {
        var request = Request(Small, DurabilityClass.Critical, ConsistencyLevel.Strong);
        ImmutableArray<PlacementCandidate> two = [Three[0], Three[1]];

        var refused = Plan(request, two);
        var taken = Plan(request with { AcceptDebt = true }, two);

        Assert.Equal("class-unsatisfied", refused.Rejection!.Code);
        Assert.Empty(refused.BeforeAcknowledgement);
        AssertPlan(taken, "hot warm", "");
        Assert.Equal((1, 1), (taken.CopiesOwed, taken.CopiesUnplaced));
        Assert.Contains("debt of 1 copies", taken.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_class_or_level_the_locations_and_the_data_decide()
    {
        var plan = Plan(Request(Small, null, null) with { DataClass = DataClass.Financial }, Three);

        Assert.Equal((DurabilityClass.Critical, ConsistencyLevel.Strong), (plan.Class, plan.Level));
        AssertPlan(plan, "hot warm cold", "");
        Assert.Equal(DurabilityClass.Critical, Placement.StrongestClass(Three, Options));
        Assert.Equal(DurabilityClass.Ephemeral, Placement.StrongestClass([Three[0]], Options));
        Assert.Null(Placement.StrongestClass([], Options));
    }

    [Fact]
    public void Every_refusal_has_a_code_a_cause_and_a_next_step()
    {
        var denied = new RegionConstraint { Denied = ["us"] };
        var request = Request(Small, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);
        var us = Places.Home("region=US");

        AssertRefused("no-location", "Bind another location", request, []);
        AssertRefused("no-location", "draining", request, [Places.Home() with { State = LocationState.Draining }]);
        AssertRefused("no-location", "retired", request, [Three[1] with { State = LocationState.Retired }]);
        AssertRefused("no-location", "filled to 0.95", request, [Places.Home() with { FillShare = 0.95 }]);
        AssertRefused("no-location", "bytes are free", request, [Places.Home() with { FreeBytes = 4096 }]);
        AssertRefused("no-location", "fewer parts", request, [new(new("p"), Places.Pool(StorageTier.Warm, 2, ""))]);
        AssertRefused("region-denied", "region US is denied", request with { Regions = denied }, [us]);
        AssertRefused("region-denied", "not known, label it", request with { Regions = denied }, [Places.Home()]);
        AssertRefused("locations-unreachable", "later", request, [Places.Home() with { IsReachable = false }]);
        AssertRefused("not-synced", "sync_interval: always", request,
            [new(new("js"), Traits("jetstream") with { SyncsBeforeAcknowledgement = false }) { IsHome = true }]);
        AssertRefused("class-unsatisfied", "memory keeps Ephemeral content only",
            request with { Class = DurabilityClass.Standard }, [Places.Home(), new(new("ram"), Traits("memory"))]);
    }

    [Fact]
    public void Two_home_locations_are_a_bug() =>
        Assert.Throws<ArgumentException>(() => Plan(
            Request(Small, null, null), [Places.Home(), Places.Home() with { Location = new LocationId("hot2") }]));

    private static PlacementPlan Plan(
        PlacementRequest request, ImmutableArray<PlacementCandidate> candidates,
        FailureDomainLevel level = FailureDomainLevel.Device) =>
        Placement.Plan(request, candidates, new PlacementOptions { FailureDomain = level });

    private static PlacementRequest Request(
        long sizeBytes, DurabilityClass? durability, ConsistencyLevel? level) => new()
    {
        Key = Places.Content(1),
        SizeBytes = sizeBytes,
        Class = durability,
        Level = level,
    };

    private static PlacementCandidate External(string name)
    {
        var cold = Places.At(name, StorageTier.Cold, $"device={name}");
        return cold with { Traits = cold.Traits with { Provider = "wasabi" } };
    }

    private static PlacementCandidate Tape() => new(
        new LocationId("tape"),
        Places.Traits(StorageTier.Archive, "device=library", "tape") with
        {
            Capabilities = LocationCapabilities.NeedsRecall,
        });

    private static LocationTraits Traits(string medium) => Places.Traits(StorageTier.Hot, "", medium);

    private static void AssertPlan(PlacementPlan plan, string before, string owed)
    {
        Assert.Null(plan.Rejection);
        Assert.Equal((before, owed), (Places.Names(plan.BeforeAcknowledgement), Places.Names(plan.Owed)));
    }

    private static void AssertRefused(
        string code, string words, PlacementRequest request, ImmutableArray<PlacementCandidate> candidates)
    {
        var rejection = Plan(request, candidates).Rejection;

        Assert.Equal(code, rejection?.Code);
        Assert.Contains(words, rejection!.Message, StringComparison.Ordinal);
    }
}

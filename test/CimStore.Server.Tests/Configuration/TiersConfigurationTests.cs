using System.Text;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Server.Configuration;
using Xunit;

namespace CimStore.Server.Tests.Configuration;

public sealed class TiersConfigurationTests
{
    [Fact]
    public void The_example_binds_a_log_a_pool_of_eight_directories_and_a_cold_directory()
    {
        var node = Configured.Read(Configured.Example());

        var pool = Assert.IsType<LocationConfiguration.Pool>(node.Tiers.Locations[1]);
        var cold = Assert.IsType<LocationConfiguration.Directory>(node.Tiers.Locations[2]);
        Assert.Equal("hot", node.Tiers.Home.Id.Name);
        Assert.Equal("nvme", node.Tiers.Home.Medium);
        Assert.Equal((4, 4, 65536), (pool.DataShards, pool.ParityShards, pool.BlockBytes));
        Assert.Equal(Enumerable.Range(0, 8).Select(i => $"/mnt/d{i}"), pool.Paths);
        Assert.Equal(("/mnt/cold", StoredCompression.Zstd), (cold.Path, cold.Compression));
        Assert.Equal(new LocationCost(0.004, 0, 0.0004, 0, 30, 131072), cold.Cost);
        Assert.Equal([StorageTier.Hot, StorageTier.Warm, StorageTier.Cold], node.Tiers.BoundTiers);
        Assert.Equal(new PlacementConfiguration(), node.Tiers.Placement);
        Assert.Equal(new BackgroundConfiguration(), node.Tiers.Background);
        Assert.Equal("/srv/cimstore", node.Server.DataDirectory);
        Assert.Empty(node.Warnings);
    }

    [Fact]
    public void A_file_without_locations_binds_the_log_alone()
    {
        var node = Configured.Read("{}");

        Assert.Equal([StorageTier.Hot], node.Tiers.BoundTiers);
        Assert.Equal("hot", node.Tiers.Home.Id.Name);
        Assert.Equal("adaptive", node.Tiers.Policy);
        Assert.Null(node.Tiers.Policies);
    }

    [Fact]
    public void The_keys_of_the_server_are_read_whatever_their_case()
    {
        var node = Configured.Read(
            """
            { "Listen": ["http://127.0.0.1:0"], "limits": { "FeedsMax": 7, "drainDelay": "00:00:02" },
              "Limits:UploadsMax": "3", }
            """);

        Assert.Equal(["http://127.0.0.1:0"], node.Server.EffectiveListen());
        Assert.Equal(7, node.Server.Limits.FeedsMax);
        Assert.Equal(TimeSpan.FromSeconds(2), node.Server.Limits.DrainDelay);
        Assert.Equal(3, node.Server.Limits.UploadsMax);
    }

    [Fact]
    public void The_traits_of_a_pool_say_where_its_parts_are()
    {
        var pool = Configured.WithLocations(
            Configured.Log,
            Configured.Pool(
                1, 1, """{ "path": "/a", "labels": { "device": "a" } }, { "path": "/b", "labels": { "node": "n2" } }""",
                """
                "labels": { "node": "n1" }, "medium": "hdd", "provider": "us", "offsite": true,
                """)).Tiers.Locations[1];

        var traits = pool.TraitsAt(FailureDomainLevel.Device);

        Assert.Equal((StorageTier.Warm, "hdd", "us", true, 1),
            (traits.Tier, traits.Medium, traits.Provider, traits.IsOffsite, traits.PartsNeeded));
        Assert.Equal("n1", traits.Labels["node"]);
        Assert.Equal(["a", null], traits.Parts.Select(part => part.GetValueOrDefault("device")));
        Assert.Equal(["n1", "n2"], traits.Parts.Select(part => part["node"]));
    }

    [Fact]
    public void A_pool_speaks_for_its_weakest_set()
    {
        const string Strong = """
            { "path": "/a", "labels": { "rack": "1" } }, { "path": "/b", "labels": { "rack": "2" } }
            """;
        const string Weak = """
            ], [{ "path": "/c", "labels": { "rack": "3" } }, { "path": "/d", "labels": { "rack": "3" } }
            """;

        var pool = Configured.WithLocations(Configured.Log, Configured.Pool(1, 1, Strong + Weak)).Tiers.Locations[1];

        var parts = pool.TraitsAt(FailureDomainLevel.Rack).Parts;
        Assert.Equal(["3", "3"], parts.Select(part => part["rack"]));
    }

    [Fact]
    public void Paths_are_relative_to_the_file()
    {
        var cold = Configured.WithLocations(
            Configured.Log, """{ "id": "c", "kind": "directory", "tier": "cold", "path": "../cold/" }""");

        Assert.Equal(["/nonexistent/cold"], cold.Tiers.Locations[1].Paths);
    }

    [Theory]
    [InlineData("hot", StoredCompression.None)]
    [InlineData("warm", StoredCompression.None)]
    [InlineData("cold", StoredCompression.Zstd)]
    [InlineData("archive", StoredCompression.Zstd)]
    public void Cold_is_compressed_and_hot_is_not(string tier, StoredCompression expected)
    {
        var node = Configured.WithLocations(
            Configured.Log, $$"""{ "id": "c", "kind": "directory", "tier": "{{tier}}", "path": "/c" }""");

        var directory = Assert.IsType<LocationConfiguration.Directory>(node.Tiers.Locations[1]);
        Assert.Equal(expected, directory.Compression);
    }

    [Fact]
    public void A_tape_says_what_it_can_do()
    {
        var tape = Configured.WithLocations(
            Configured.Log,
            """
            { "id": "t", "kind": "directory", "tier": "archive", "path": "/t", "medium": "tape",
              "capabilities": ["needsRecall", "appendOnly"] }
            """).Tiers.Locations[1];

        Assert.Equal(
            LocationCapabilities.NeedsRecall | LocationCapabilities.AppendOnly,
            tape.TraitsAt(FailureDomainLevel.Device).Capabilities);
    }

    [Fact]
    public void Placement_and_background_are_read()
    {
        var tiers = Configured.Read(
            """
            { "placement": { "failureDomain": "zone", "strategy": "geographic", "defaultClass": "critical" },
              "background": { "bytesPerSecondMax": "1GB", "movesAtOnceMax": 2, "cycle": "30s", "scrubCycle": "36h" } }
            """).Tiers;

        Assert.Equal(
            (FailureDomainLevel.Zone, PlacementStrategy.Geographic, DurabilityClass.Critical),
            (tiers.Placement.FailureDomain, tiers.Placement.Strategy, tiers.Placement.DefaultClass));
        Assert.Equal(
            (1_000_000_000L, 2, TimeSpan.FromSeconds(30), TimeSpan.FromHours(36)),
            (tiers.Background.BytesPerSecondMax, tiers.Background.MovesAtOnceMax, tiers.Background.Cycle,
                tiers.Background.ScrubCycle));
    }

    [Theory]
    [InlineData("""{ "space": { "fillShareMax": 0.8, "fillShareResumed": 0.7 } }""", 0.8, 0.7)]
    [InlineData("""{ "space": { "fillShareMax": 0.85 } }""", 0.85, 0.85)]
    [InlineData("""{ "space": {} }""", 0.95, 0.9)]
    [InlineData("{}", 0.95, 0.9)]
    public void The_shares_at_which_space_is_short_are_read(string json, double max, double resumed) =>
        Assert.Equal(new SpaceLimits(max, resumed), Configured.Read(json).Tiers.Space);

    [Fact]
    public void Policies_are_kept_as_they_stand_with_their_line()
    {
        const string List = "[ // why\n { \"name\": \"mine\", \"rules\": [{ \"name\": \"all\", \"to\": \"hot\" }] } ]";

        var tiers = Configured.Read($"{{\n  \"policy\": \"mine\",\n  \"policies\":\n    {List},\n}}").Tiers;

        Assert.Equal("mine", tiers.Policy);
        Assert.Equal(4, tiers.Policies!.FirstLine);
        Assert.Equal(List, Encoding.UTF8.GetString(tiers.Policies.Utf8.Span));
        Assert.Equal(5, tiers.PolicyInForce.Line);
    }

    [Theory]
    [InlineData("/mnt/d3", false)]
    [InlineData("/mnt/d3/store", false)]
    [InlineData("/mnt", false)]
    [InlineData("/mnt/d33", true)]
    public void A_data_directory_given_elsewhere_is_held_against_the_locations(string directory, bool isFree)
    {
        var tiers = Configured.Read(Configured.Example()).Tiers;

        Assert.Equal(isFree, tiers.WhyNot(directory) is null);
    }
}

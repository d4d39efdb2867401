using Xunit;

namespace CimStore.Server.Tests.Configuration;

public sealed class DomainCheckTests
{
    private const string ThreeLabelled = """
        { "path": "/a", "labels": { "device": "d0" } }, { "path": "/b", "labels": { "device": "d1" } },
        { "path": "/c", "labels": { "device": "d2" } }
        """;

    [Fact]
    public void Directories_of_one_set_on_one_device_are_a_warning() => Assert.StartsWith(
        "$.locations[1].sets[0][2].path: 2 directories of this set lie on one device: /a, /c.",
        Assert.Single(Warnings(Pool(ThreeLabelled), path => path == "/b" ? 2UL : 1UL)), StringComparison.Ordinal);

    [Fact]
    public void Directories_without_labels_count_as_one_and_promise_nothing()
    {
        const string ThreePlain = """{ "path": "/a" }, { "path": "/b" }, { "path": "/c" }""";

        var warnings = Warnings(Pool(ThreePlain), _ => 1);

        Assert.Collection(
            warnings,
            warning => Assert.Contains("survives the loss of 0 device(s)", warning, StringComparison.Ordinal),
            warning => Assert.DoesNotContain("promise", warning, StringComparison.Ordinal));
    }

    [Fact]
    public void Labels_that_promise_distinct_devices_are_named() => Assert.EndsWith(
        "Its loss takes 3 shards, of which the pool can lose 2. Their labels promise distinct devices: d0, d1, d2.",
        Assert.Single(Warnings(Pool(ThreeLabelled), _ => 1)), StringComparison.Ordinal);

    [Fact]
    public void Directories_of_two_sets_may_share_a_device() => Assert.Empty(Warnings(
        Pool(ThreeLabelled + "], [" + ThreeLabelled.Replace("\"/", "\"/x/")),
        path => (ulong)(path[^1] - 'a')));

    [Fact]
    public void Directories_on_devices_of_their_own_are_well() =>
        Assert.Empty(Warnings(Pool(ThreeLabelled), Configured.EachItsOwn()));

    [Fact]
    public void Two_locations_on_one_device_that_count_twice_are_a_warning()
    {
        const string Two = """
            { "id": "a", "kind": "directory", "tier": "warm", "path": "/a" },
            { "id": "b", "kind": "directory", "tier": "cold", "path": "/b", "labels": { "device": "d1" } }
            """;
        const string OneDomain = """
            { "id": "a", "kind": "directory", "tier": "warm", "path": "/a", "labels": { "device": "d1" } },
            { "id": "b", "kind": "directory", "tier": "cold", "path": "/b", "labels": { "device": "d1" } }
            """;

        Assert.Equal(
            "$.locations[2].path: /b lies on the same device as /a (location a), yet their copies count as if in two "
                + "devices (location:a, device:d1).",
            Assert.Single(Warnings(Two, _ => 1)));
        Assert.Empty(Warnings(OneDomain, _ => 1));
    }

    [Fact]
    public void The_data_directory_counts_as_the_log_and_need_not_be_there_yet()
    {
        var json = $$"""
            { "dataDirectory": "/a", "locations": [{{Configured.Log}},
              { "id": "b", "kind": "directory", "tier": "cold", "path": "/b" }] }
            """;

        Assert.Contains("as /a (location hot)", Assert.Single(Configured.Read(json, _ => 1).Warnings).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "The device of /b is not known", Assert.Single(Configured.Read(json, _ => null).Warnings).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_level_that_no_location_carries_is_a_warning()
    {
        var warnings = Configured.Read("""{ "placement": { "failureDomain": "rack" } }""").Warnings;

        var warning = Assert.Single(warnings);
        Assert.Equal((1, 35), (warning.Line, warning.Column));
        Assert.StartsWith("No location carries the label rack", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pool_in_one_rack_is_a_warning_where_racks_count()
    {
        var pool = Pool(ThreeLabelled, """ "labels": { "rack": "r1" }, """);

        Assert.Empty(Warnings(pool, Configured.EachItsOwn()));
        Assert.Equal(
            "$.locations[1].sets[0]: By its labels this set survives the loss of 0 rack(s), where 1+2 shards in as "
                + "many racks survive 2; a copy in it counts as 1 at the level rack.",
            Assert.Single(Warnings(pool, Configured.EachItsOwn(), "rack")));
    }

    [Fact]
    public void A_tier_whose_locations_all_drain_is_a_warning() => Assert.Equal(
        "$.locations: No location of the tier cold is active: nothing new is placed there.",
        Assert.Single(Warnings(
            """{ "id": "c", "kind": "directory", "tier": "cold", "path": "/c", "state": "draining" }""", _ => 1)));

    private static string Pool(string directories, string more = "") => Configured.Pool(1, 2, directories, more);

    private static string[] Warnings(string location, Func<string, ulong?> deviceOf, string level = "device")
    {
        var labelled = Configured.Log.Replace("}", """, "labels": { "device": "log", "rack": "r0" } }""");
        var node = Configured.Read(
            $$"""{ "placement": { "failureDomain": "{{level}}" }, "locations": [{{labelled}}, {{location}}] }""",
            deviceOf);
        Assert.All(node.Warnings, warning => Assert.False(warning.IsError));
        return [.. node.Warnings.Select(warning => $"{warning.Path}: {warning.Message}")];
    }
}

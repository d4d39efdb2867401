using CimStore.Server.Configuration;
using Xunit;

namespace CimStore.Server.Tests.Configuration;

/// <summary>What is wrong is told with its place, what was found, and what is allowed.</summary>
public sealed class ConfigurationErrorTests
{
    [Theory]
    [InlineData("[]", "1:1: $: Found a list of 0; allowed is an object.")]
    [InlineData("{ \"polices\": [] }", "1:3: $.polices: The key \"polices\" is unknown.* Did you mean \"policies\"?")]
    [InlineData("{ \"Locations\": [] }", "1:3: $.Locations: The key*Did you mean \"locations\"?")]
    [InlineData("{ \"policy\": 3 }", "1:13: $.policy: Found 3; allowed is a string of 1..63 characters*")]
    [InlineData("{ \"policies\": {} }", "1:15: $.policies: Found an object; allowed is a list of policies.")]
    [InlineData("{ \"locations\": {} }", "1:16: $.locations: Found an object; allowed is a list of 1..64 locations.")]
    [InlineData("{ \"locations\": [] }", "1:16: $.locations: No location has the kind log: exactly one has it*")]
    [InlineData(
        "{ \"placement\": { \"failureDomain\": \"Rack\" } }",
        "1:35: $.placement.failureDomain: Found \"Rack\". Allowed: device, node, rack, *. Did you mean \"rack\"?")]
    [InlineData(
        "{ \"placement\": { \"defaultClass\": 2 } }",
        "1:34: $.placement.defaultClass: Found 2. Allowed: ephemeral, standard, critical.")]
    [InlineData(
        "{ \"background\": { \"movesAtOnceMax\": 65 } }",
        "1:37: $.background.movesAtOnceMax: Found 65; allowed is a whole number 1..64.")]
    [InlineData(
        "{ \"space\": { \"fillShareMax\": 95 } }",
        "1:30: $.space.fillShareMax: Found 95; allowed is a share as a number 0.01..1.")]
    [InlineData(
        "{ \"space\": { \"fillShareMax\": 0.5, \"fillShareResumed\": 0.6 } }",
        "1:55: $.space.fillShareResumed: Found 0.6; allowed is at most fillShareMax, which is 0.5.")]
    [InlineData(
        "{ \"background\": { \"cycle\": \"1 m\" } }",
        "1:28: $.background.cycle: Found \"1 m\"; allowed is 1s..1d, as a string of a whole number and a unit*")]
    [InlineData(
        "{ \"background\": { \"bytesPerSecondMax\": 1 } }",
        "1:40: $.background.bytesPerSecondMax: Found 1; allowed is 1MiB..1TiB, as bytes as a number, or a string*")]
    [InlineData("{ \"limits\": { \"feedsMux\": 1 } }", "1:15: $.limits.feedsMux: *Did you mean \"feedsMax\"?")]
    [InlineData("{ \"Limits:FeedsMux\": 1 }", "1:3: $.Limits:FeedsMux: *Did you mean \"feedsMax\"?")]
    [InlineData("{ \"limits\": { \"feedsMax\": 0 } }", "1:27: $.limits.feedsMax: Found 0. FeedsMax must be 1..100000*")]
    [InlineData("{ \"readEventsMax\": \"x\" }", "1:20: $.readEventsMax: Found \"x\". *")]
    public void A_mistake_is_told_with_its_place(string json, string expected) =>
        Matches([expected], Configured.Errors(json));

    /// <summary>What it would be wrong with is not known either.</summary>
    [Theory]
    [InlineData("\"tier\": \"colder\",", "*.tier: Found \"colder\". Allowed: hot, warm, cold, archive*")]
    [InlineData("", "*The key \"tier\" is missing*")]
    public void A_tier_that_is_not_known_is_told_once(string tier, string expected) => Matches(
        [expected],
        Configured.ErrorsOfLocations(
            Configured.Log,
            $$"""{ "id": "cold", "kind": "directory", {{tier}} "path": "/cold", "compression": "zstd" }"""));

    [Theory]
    [InlineData("\"id\": \"Hot\"", "*.id: Found \"Hot\"; allowed are 1..63 of a-z, 0-9 and -.")]
    [InlineData("\"id\": \"hot\\n\"", "*.id: Found*")]
    [InlineData("\"id\": 7", "*.id: Found 7; *")]
    [InlineData("\"tier\": \"warm\"", "*.tier: The log takes every content first: its tier is hot*")]
    [InlineData("\"tier\": \"hto\"", "*.tier: Found \"hto\". Allowed: hot, warm, cold, archive. Did you mean \"hot\"?")]
    [InlineData("\"state\": \"draining\"", "*.state: The log takes every content first: its state is active*")]
    [InlineData("\"medium\": \"nvem\"", "*.medium: Found \"nvem\". Allowed: nvme, ssd*Did you mean \"nvme\"?")]
    [InlineData("\"labels\": { \"row\": \"1\" }", "*.labels.row: The key \"row\" is unknown. Allowed: region, zone*")]
    [InlineData("\"labels\": { \"rack\": 1 }", "*.labels.rack: Found 1; allowed is a string of 1..63 characters*")]
    [InlineData("\"labels\": { \"rack\": \"\" }", "*.labels.rack: Found \"\"; *")]
    [InlineData("\"cost\": { \"perGbMonth\": -1 }", "*.cost.perGbMonth: Found -1; allowed is US dollars*0..1000000.")]
    [InlineData("\"cost\": { \"daysMin\": 1.5 }", "*.cost.daysMin: Found 1.5; allowed is a whole number 0..3650.")]
    [InlineData("\"offsite\": \"no\"", "*.offsite: Found \"no\"; allowed is true or false.")]
    [InlineData("\"path\": \"/x\"", "*.path: The key \"path\" is unknown. *")]
    public void A_mistake_in_the_log_is_told(string member, string expected)
    {
        var key = member.Split('"')[1];
        var others = new[] { "\"id\": \"hot\"", "\"kind\": \"log\"", "\"tier\": \"hot\"" }
            .Where(other => !other.StartsWith($"\"{key}\"", StringComparison.Ordinal));

        Matches([expected], Configured.ErrorsOfLocations($"{{ {string.Join(", ", others.Append(member))} }}"));
    }

    [Theory]
    [InlineData("\"dataShards\": 0", "*.dataShards: Found 0; allowed is a whole number 1..254.")]
    [InlineData("\"parityShards\": 0", "*.parityShards: Found 0; allowed is a whole number 1..254.")]
    [InlineData("\"blockBytes\": 65537", "*.blockBytes: Found 65537; allowed are powers of two 4KiB..1MiB.")]
    [InlineData("\"blockBytes\": \"2KiB\"", "*.blockBytes: Found \"2KiB\"; allowed is 4KiB..1MiB, as *")]
    [InlineData("\"blockBytes\": \"2MiB\"", "*.blockBytes: Found \"2MiB\"; *")]
    [InlineData("\"path\": \"/x\"", "*.path: The key \"path\" is unknown. *")]
    public void A_mistake_in_a_pool_is_told(string member, string expected)
    {
        var directories = string.Join(
            ", ", Enumerable.Range(0, 8).Select(i => $$"""{ "path": "/nonexistent/d{{i}}" }"""));
        var pool = $$"""{ "id": "p", "kind": "pool", "tier": "warm", {{member}}, "sets": [[{{directories}}]] }""";

        Matches([expected], Configured.ErrorsOfLocations(Configured.Log, pool));
    }

    [Fact]
    public void A_set_has_exactly_as_many_directories_as_shards() => Matches(
        ["2:*: $.locations[1].sets[0]: Found 2 directories; a set of 1+2 shards has exactly 3."],
        Configured.ErrorsOfLocations(
            Configured.Log, Configured.Pool(1, 2, """{ "path": "/a" }, { "path": "/b" }""")));

    [Fact]
    public void No_more_than_255_shards_are_allowed() => Matches(
        ["*$.locations[1]: 200 + 56 shards are 256; at most 255 are allowed."],
        Configured.ErrorsOfLocations(
            Configured.Log,
            Configured.Pool(200, 56, string.Join(
                ", ", Enumerable.Range(0, 256).Select(i => $$"""{ "path": "/nonexistent/d{{i}}" }""")))));

    [Fact]
    public void What_a_location_must_have_is_told() => Matches(
        [
            "*$.locations[1]: The key \"kind\" is missing: log, pool, directory, s3 or jetstream.",
            "*$.locations[1]: The key \"id\" is missing: 1..63 of a-z, 0-9 and -.",
            "*$.locations[1]: The key \"tier\" is missing: hot, warm, cold or archive.",
            "*$.locations[2]: The key \"path\" is missing: a directory, absolute or relative to this file.",
            "*$.locations[3]: The key \"sets\" is missing: a list of 1..64 sets, each a list of 8 directories.",
            "*$.locations[4].sets: Found 0 sets; allowed is a list of 1..64 sets, each a list of 8 directories.",
        ],
        Configured.ErrorsOfLocations(
            Configured.Log, "{}", """{ "id": "a", "kind": "directory", "tier": "cold" }""",
            """{ "id": "b", "kind": "pool", "tier": "warm" }""",
            """{ "id": "c", "kind": "pool", "tier": "warm", "sets": [] }"""));

    [Fact]
    public void A_location_of_an_unknown_kind_is_told_once() => Matches(
        ["*$.locations[0].kind: Found \"lgo\". Allowed: log, pool, directory, s3, jetstream. Did you mean \"log\"?"],
        Configured.ErrorsOfLocations("""{ "id": "hot", "kind": "lgo", "tier": "hot", "path": "/x" }"""));

    [Fact]
    public void There_is_one_log() => Matches(
        ["*$.locations[1]: A second log beside $.locations[0]; exactly one location has the kind log."],
        Configured.ErrorsOfLocations(Configured.Log, """{ "id": "log2", "kind": "log", "tier": "hot" }"""));

    [Fact]
    public void Ids_are_taken_once() => Matches(
        ["*$.locations[1].id: The id \"hot\" is taken by $.locations[0].id; each location has its own."],
        Configured.ErrorsOfLocations(
            Configured.Log, """{ "id": "hot", "kind": "directory", "tier": "cold", "path": "/c" }"""));

    [Fact]
    public void Hot_is_never_compressed() => Matches(
        ["*$.locations[1].compression: Hot is never compressed (D10): allowed is none."],
        Configured.ErrorsOfLocations(
            Configured.Log,
            """{ "id": "h2", "kind": "directory", "tier": "hot", "path": "/c", "compression": "zstd" }"""));

    [Fact]
    public void All_errors_are_told_in_the_order_of_the_file_and_the_message_names_the_first_five()
    {
        var members = string.Join(",\n", Enumerable.Range(0, 7).Select(i => $"\"nonsense{i}\": 1"));

        var refused = Assert.Throws<ConfigurationException>(() => Configured.Read($"{{\n{members}\n}}"));

        Assert.Equal(Enumerable.Range(2, 7), refused.Findings.Select(finding => finding.Line));
        Assert.EndsWith(
            $"and 2 more: cimstore config check {Configured.Folder}/node.json", refused.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_as_any_other_argument_stops_the_node()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(path, "{\n \"Listne\": [] }");
        try
        {
            var refused = Assert.ThrowsAny<ArgumentException>(() => ServerConfiguration.Read(path));

            Assert.StartsWith($"{path}:2:2: $.Listne: The key \"Listne\"", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A star stands for any text.</summary>
    private static void Matches(string[] expected, string[] errors) => Assert.Collection(
        errors,
        [.. expected.Select<string, Action<string>>(pattern => error =>
        {
            var rest = 0;
            foreach (var (index, part) in pattern.Split('*').Index())
            {
                var found = error.IndexOf(part, rest, StringComparison.Ordinal);
                Assert.True(index == 0 ? found == 0 : found >= 0, $"Expected {pattern}, not {error}");
                rest = found + part.Length;
            }

            Assert.True(pattern[^1] == '*' || rest == error.Length, $"Expected {pattern}, not {error}");
        })]);
}

using System.Text;
using System.Text.Json;
using CimStore.Policies;
using Xunit;

namespace CimStore.Server.Tests.Cli;

public sealed class PolicyCommandTests : IDisposable
{
    private const string Mine = """{ "name": "mine", "rules": [{ "name": "all", "to": "cold" }] }""";

    private const string Trace =
        """
        time,cid,size,op
        2026-01-01T00:00:00Z,a,1000000000,put
        2026-01-01T12:00:00Z,a,,get
        2026-01-20T12:00:00Z,a,,get
        """;

    private readonly Cimstore _cimstore = new();

    [Fact]
    public async Task The_policies_are_listed_with_the_one_in_force()
    {
        var file = _cimstore.Write("node.json", $$"""{ "policy": "mine", "policies": [{{Mine}}] }""");

        var builtIn = (await RunAsync("show")).Ok();
        var all = (await RunAsync("show", "--config", file, "--json")).Ok();

        Assert.Equal(["seed-v1\t1\tbuilt in\t6 rules\t", "adaptive\t1\tbuilt in\t12 rules\tin force"], builtIn.Lines);
        Assert.Equal("mine", all.Json.GetProperty("name").GetString());
        Assert.True(all.Json.GetProperty("inForce").GetBoolean());
        Assert.Equal("cold", all.Json.GetProperty("policy").GetProperty("rules")[0].GetProperty("to").GetString());
    }

    [Fact]
    public async Task What_is_shown_of_a_policy_can_be_read_as_that_policy()
    {
        var shown = (await RunAsync("show", "adaptive")).Ok();

        var read = Assert.Single(PolicyReader.Read(shown.Output).Policies);
        Assert.Equal(PolicyWriter.Write(MigrationPolicies.Adaptive), PolicyWriter.Write(read));
        Assert.Contains("//   2. recent: age below 7d -> hot", shown.Lines);
        (await RunAsync("show", "nonsense")).Fails(3, "There is no policy 'nonsense'; there are: seed-v1, adaptive.");
    }

    [Fact]
    public async Task A_file_of_policies_is_checked_with_lines()
    {
        var good = _cimstore.Write("good.json", Mine);
        var bad = _cimstore.Write("bad.json", $"[\n  {Mine},\n  {{ \"name\": \"seed-v1\", \"rules\": [] }},\n]");

        var well = (await RunAsync("check", good)).Ok();
        var refused = await RunAsync("check", bad, "--json");

        Assert.Equal(["mine\t1\tof the file\t1 rules\t"], well.Lines);
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal(3, refused.Json.GetProperty("line").GetInt32());
        Assert.Equal("$[1]", refused.Json.GetProperty("path").GetString());
    }

    [Fact]
    public async Task A_configuration_is_checked_against_its_tiers()
    {
        var file = _cimstore.Write("node.json", $$"""{ "policies": [{{Mine}}] }""");

        var result = (await RunAsync("check", file)).Ok();

        Assert.Contains("no location is bound to Cold; Hot stands in.", result.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(result.Lines[^1], (await _cimstore.RunExactlyAsync(null, "config", "check", file)).Ok().Lines[^1]);
    }

    [Fact]
    public async Task Policies_are_compared_by_what_they_cost()
    {
        var (trace, mine) = (_cimstore.Write("trace.csv", Trace), _cimstore.Write("mine.json", Mine));

        var result = (await RunAsync(
            "simulate", "--trace", trace, "--policy", "seed-v1", "--policy", mine, "--cost", "hot=3,cold=0.3",
            "--period", "10d")).Ok();

        // 20 days of one GB: 7 at Hot for 0.1 a day, the rest at Warm for nothing; at Cold 0.01 a day.
        Assert.Equal(6, result.Lines.Length);
        Assert.StartsWith(
            "seed-v1\t2026-01-11T00:00:00Z\thot 0 objects, 0 B, $0.7, 100 % of reads\twarm 1 objects, 953.7 MiB, $0, ",
            result.Lines[0], StringComparison.Ordinal);
        Assert.EndsWith("hot>warm 1 (953.7 MiB)", result.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("total\tseed-v1\t$0.7 (0 %)\thot>warm 1", result.Lines[4], StringComparison.Ordinal);
        Assert.StartsWith("total\tmine\t$0.19", result.Lines[5], StringComparison.Ordinal);
        Assert.EndsWith(
            "no moves\treads: hot 0 %, warm 0 %, cold 100 %, archive 0 %", result.Lines[5], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_and_csv_say_the_same_for_programs()
    {
        var trace = _cimstore.Write("trace.csv", Trace);

        var json = (await RunAsync("simulate", "--trace", trace, "--policy", "seed-v1", "--json")).Ok();
        var csv = (await RunAsync("simulate", "--trace", trace, "--policy", "seed-v1", "--csv")).Ok();

        var periods = json.Lines.SkipLast(1).Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(20, periods.Count);
        Assert.Equal(1, periods.Sum(period => period.GetProperty("moves").GetArrayLength()));
        Assert.Equal(1, json.Json.GetProperty("moves").GetInt64());
        Assert.Equal(1 + (20 * 4), csv.Lines.Length);
        Assert.StartsWith("policy,end,tier,objects,bytes,", csv.Lines[0], StringComparison.Ordinal);
        Assert.Contains("seed-v1,2026-01-08T00:00:00Z,warm,1,1000000000,0,0,0,1,1000000000,0,0", csv.Lines);
        Assert.StartsWith("total\tseed-v1", csv.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tiers_are_those_of_the_configuration()
    {
        var trace = _cimstore.Write("trace.csv", Trace);
        var file = _cimstore.Write("node.json", $$"""{ "policies": [{{Mine}}] }""");

        var result = (await RunAsync("simulate", "--trace", trace, "--config", file, "--policy", "mine")).Ok();
        var refused = await RunAsync("simulate", "--trace", trace, "--config", file, "--capacity", "cold=1GB");

        Assert.DoesNotContain("warm", result.Text, StringComparison.Ordinal);
        refused.Fails(2, "--capacity: no active location is bound to cold.");
    }

    [Theory]
    [InlineData(2, "is no duration", "--cycle", "0s")]
    [InlineData(2, "is no time", "--until", "tomorrow")]
    [InlineData(2, "is no size", "--capacity", "hot=much")]
    [InlineData(2, "is no number of US dollars", "--cost", "hot=-1")]
    [InlineData(2, "is not TIER=VALUE", "--cost", "tepid=1")]
    [InlineData(2, "is given twice", "--policy", "adaptive", "--policy", "adaptive")]
    [InlineData(3, "There is no policy 'x'", "--policy", "x")]
    public async Task A_wrong_simulation_says_why(int exitCode, string because, params string[] arguments)
    {
        var trace = _cimstore.Write("trace.csv", Trace);

        (await RunAsync(["simulate", "--trace", trace, .. arguments])).Fails(exitCode, because);
    }

    [Fact]
    public async Task A_broken_trace_is_told_with_its_line()
    {
        var trace = _cimstore.Write("trace.csv", Encoding.UTF8.GetBytes(Trace + "\n2026-01-19T12:00:00Z,a,,get"));

        (await RunAsync("simulate", "--trace", trace)).Fails(6, $"{trace}:5: ");
        (await RunAsync("simulate", "--trace", "nonexistent.csv")).Fails(3, "nonexistent.csv");
    }

    [Fact]
    public async Task The_example_can_be_tried()
    {
        var folder = Path.Combine(Configuration.Configured.Documents(), "..", "examples", "policies");
        var own = Path.Combine(folder, "never-to-tape.jsonc");

        Assert.Single((await RunAsync("check", own)).Ok().Lines);
        var result = (await RunAsync(
            "simulate", "--trace", Path.Combine(folder, "trace.csv"), "--policy", "adaptive", "--policy", own,
            "--cost", "hot=0.08,warm=0.023,cold=0.004,archive=0.001", "--capacity", "hot=60GB", "--json")).Ok();

        Assert.Equal("never-to-tape", result.Json.GetProperty("policy").GetString());
        Assert.All(result.Json.GetProperty("tiers").EnumerateArray(), tier => Assert.True(
            tier.GetProperty("tier").GetString() != "archive" || tier.GetProperty("objects").GetInt64() == 0));
    }

    public void Dispose() => _cimstore.Dispose();

    private Task<CliResult> RunAsync(params string[] arguments) =>
        _cimstore.RunExactlyAsync(null, ["policy", .. arguments]);
}

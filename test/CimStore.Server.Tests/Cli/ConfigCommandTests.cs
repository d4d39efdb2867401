using System.Text.Json;
using Xunit;

namespace CimStore.Server.Tests.Cli;

public sealed class ConfigCommandTests : IDisposable
{
    private readonly Cimstore _cimstore = new();

    [Fact]
    public async Task A_file_that_is_well_is_shown_with_its_warnings()
    {
        var file = _cimstore.Write(
            "node.json",
            """
            { "locations": [
                { "id": "hot", "kind": "log", "tier": "hot", "medium": "nvme" }, // the data directory
                { "id": "cold", "kind": "directory", "tier": "cold", "path": "not-there" } ],
              "placement": { "failureDomain": "rack" } }
            """);

        var result = (await _cimstore.RunExactlyAsync(null, "config", "check", file)).Ok();

        Assert.Equal("location\thot\thot\tlog\tnvme\tactive\tthe data directory", result.Lines[0]);
        Assert.Equal(
            $"location\tcold\tcold\tdirectory\tunknown\tactive\t{_cimstore.Folder}/not-there (zstd)", result.Lines[1]);
        Assert.StartsWith(
            $"warning\t{file}:4:35: $.placement.failureDomain: No location carries the label rack", result.Lines[^1],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_line_of_JSON_is_a_value()
    {
        var file = _cimstore.Write("node.json", """{ "placement": { "failureDomain": "rack" } }""");

        var result = (await _cimstore.RunExactlyAsync(null, "config", "check", file, "--json")).Ok();

        var values = result.Lines.Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal("hot", values[0].GetProperty("location").GetString());
        Assert.Equal("rack", values[1].GetProperty("failureDomain").GetString());
        Assert.Equal("warning", values[2].GetProperty("severity").GetString());
        Assert.Equal(35, values[2].GetProperty("column").GetInt32());
    }

    [Fact]
    public async Task A_file_that_is_not_well_ends_with_1_and_all_errors()
    {
        var file = _cimstore.Write(
            "node.json", """{ "listne": [], "limits": { "feedsMax": "x" }, "policy": 1 }""");

        var result = await _cimstore.RunExactlyAsync(null, "config", "check", file);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(3, result.Lines.Length);
        Assert.All(result.Lines, line => Assert.StartsWith($"error\t{file}:", line, StringComparison.Ordinal));
        Assert.EndsWith("Did you mean \"listen\"?", result.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_not_found() =>
        (await _cimstore.RunExactlyAsync(null, "config", "check", "nonexistent.json")).Fails(3, "nonexistent.json");

    [Fact]
    public async Task A_node_is_not_started_with_a_file_that_is_refused()
    {
        var file = _cimstore.Write("node.json", """{ "locations": [] }""");

        var result = await _cimstore.RunAsync("serve", "--config", file);

        result.Fails(2, $"{file}:1:16: $.locations: No location has the kind log");
        Assert.False(Directory.Exists(_cimstore.Data));
    }

    [Fact]
    public async Task The_schema_is_the_published_one()
    {
        var published = File.ReadAllText(Path.Combine(
            CimStore.Server.Tests.Configuration.Configured.Documents(), "schemas", "cimstore.schema.json"));

        Assert.Equal(published, (await _cimstore.RunExactlyAsync(null, "config", "schema")).Ok().Text);
    }

    public void Dispose() => _cimstore.Dispose();
}

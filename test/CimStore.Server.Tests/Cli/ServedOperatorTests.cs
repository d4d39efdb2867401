using System.Net;
using System.Text;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>Through a node.</summary>
public sealed class ServedOperatorTests : OperatorCommandTests
{
    private ServedStore? _node;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _node = await ServedStore.StartAsync(Program, Tiers);
        Program.Where = ["--server", _node.Address];
    }

    public override async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    [Fact]
    public async Task What_a_node_does_by_itself_is_refused_with_the_way_out()
    {
        await PutAsync(5_000);

        (await Program.RunAsync("scrub")).Fails(4, "--all");
        (await Program.RunAsync("jobs", "run")).Fails(4, "by itself");
    }

    [Fact, Trait("row", "J9")]
    public async Task A_job_is_asked_for_with_as_little_as_the_documentation_shows()
    {
        using var http = new HttpClient { BaseAddress = new Uri(_node!.Address) };
        using var body = new StringContent("{\"kind\":\"Scrub\"}", Encoding.UTF8, "application/json");
        var token = TestContext.Current.CancellationToken;

        using var started = await http.PostAsync("/api/v1/jobs", body, token);
        var listed = await http.GetStringAsync("/api/v1/jobs", token);
        using var empty = await http.PostAsync("/api/v1/jobs", null, token);
        using var limit = await http.GetAsync(new Uri("/api/v1/debts?limit=abc", UriKind.Relative), token);
        using var twice = await http.PostAsync("/api/v1/locations/pool/state?to=Active,Draining", null, token);

        Assert.Equal(HttpStatusCode.Created, started.StatusCode);
        Assert.Contains("\"Scrub\"", listed, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, twice.StatusCode);
        Assert.Contains("kind", await empty.Content.ReadAsStringAsync(token), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "not in this API", await limit.Content.ReadAsStringAsync(token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, limit.StatusCode);
    }

    /// <summary>Three directories of one disk, whatever their labels promise.</summary>
    [Fact, Trait("row", "E6")]
    public async Task What_is_wrong_at_the_start_is_in_the_log_as_it_is_in_the_status()
    {
        var status = await RunAsync("status");
        await _node!.StopAsync();
        var log = await _node.Errors;

        Assert.Contains("one device", status.Text, StringComparison.Ordinal);
        Assert.Contains("CimStore[4011]", log, StringComparison.Ordinal);
        Assert.Contains("one device", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Moving_is_paused_and_resumed_and_the_status_says_so()
    {
        await RunAsync("scavenge", "--pause");
        var paused = await RunAsync("status");
        await RunAsync("scavenge", "--resume");
        var resumed = await RunAsync("status");

        Assert.Contains("paused", paused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("paused", resumed.Text, StringComparison.Ordinal);
    }

    [Fact, Trait("row", "J9")]
    public async Task A_job_is_started_watched_and_told_of_over_http()
    {
        await PutAsync(5_000);

        var started = await RunAsync("scrub", "--all", "--detach");
        var watched = await RunAsync("jobs", "watch", started.Cid);

        Assert.Contains("\tscrub\t", started.Text, StringComparison.Ordinal);
        Assert.Contains("\tscrub\tdone\t1/1\t", watched.Text, StringComparison.Ordinal);
    }
}

using System.Net.ServerSentEvents;
using System.Text;
using CimStore.Journal;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>Whoever listens gets the same bytes of an event, whichever way they come.</summary>
[Trait("row", "G2")]
public sealed class EventLinesTests : IDisposable
{
    private readonly Cimstore _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Events_are_the_same_envelopes_from_the_directory_the_node_and_the_feed()
    {
        var cid = (await _program.RunAsync("put", _program.Write("file", "content"))).Ok().Cid;
        (await _program.RunAsync("name", "set", "a name \u2764", cid)).Ok();
        (await _program.RunAsync("rm", cid)).Ok();
        (await _program.RunAsync("name", "rm", "a name \u2764")).Ok();

        var inProcess = (await _program.RunAsync("events", "--json")).Ok().Lines;
        await using var node = await ServedStore.StartAsync(_program);
        _program.Where = ["--server", node.Address];
        var overHttp = (await _program.RunAsync("events", "--json")).Ok().Lines;
        var fed = await FeedAsync(node.Address);

        Assert.Equal(4, inProcess.Length);
        Assert.Equal(inProcess, overHttp);
        Assert.Equal(inProcess, fed);
        Assert.All(inProcess, line => Assert.Equal(line, Again(line)));
    }

    private static string Again(string line) =>
        Encoding.UTF8.GetString(EventEnvelope.Write(EventEnvelope.Read(Encoding.UTF8.GetBytes(line))));

    private static async Task<string[]> FeedAsync(string address)
    {
        using var http = new HttpClient();
        await using var body = await http.GetStreamAsync(
            new Uri(address + "/api/v1/events?follow=false"), TestContext.Current.CancellationToken);
        return await SseParser.Create(body).EnumerateAsync(TestContext.Current.CancellationToken)
            .Select(item => item.Data).ToArrayAsync(TestContext.Current.CancellationToken);
    }
}

using System.Net;
using CimStore.Engine;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>A journal that is behind the position that was asked for: the answer waits for it, or is refused.</summary>
[Trait("row", "D11")]
public sealed class ConsistencyTokenTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isHeld;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "objects")]
    [InlineData("GET", "objects/{cid}")]
    [InlineData("GET", "objects/{cid}/explain")]
    [InlineData("POST", "objects/{cid}/verify")]
    [InlineData("GET", "objects/{cid}/copies")]
    [InlineData("GET", "content/{cid}")]
    [InlineData("HEAD", "content/{cid}")]
    [InlineData("GET", "status")]
    [InlineData("GET", "usage")]
    public async Task A_question_waits_until_the_node_has_seen_the_position(string method, string route)
    {
        await using var node = await StartAsync(TimeSpan.FromMinutes(1));
        var first = await node.Client.StoreAsync([1], Token);
        var content = new byte[] { 2 };
        var cid = Samples.CidOf(content);
        _isHeld = true;
        var storing = node.Client.StoreAsync(content, Token);

        var asking = AskAsync(node, method, route, cid.ToString(), first.Receipt.Lsn.Value + 1);
        await Task.Delay(Moment, Token);
        var isWaiting = !asking.IsCompleted && !storing.IsCompleted;
        _open.SetResult();
        using var answer = await asking;
        await storing;

        Assert.True(isWaiting, "it was answered before the position was there");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        if (route == "objects")
        {
            Assert.Contains(cid.ToString(), await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("GET", "objects")]
    [InlineData("GET", "objects/{cid}")]
    [InlineData("GET", "objects/{cid}/explain")]
    [InlineData("POST", "objects/{cid}/verify")]
    [InlineData("GET", "objects/{cid}/copies")]
    [InlineData("POST", "objects/{cid}/copies/inspect")]
    [InlineData("GET", "content/{cid}")]
    [InlineData("GET", "names/space")]
    [InlineData("GET", "names/space/name")]
    [InlineData("GET", "names/space/name/history")]
    [InlineData("GET", "names/space/name/watch")]
    [InlineData("GET", "events?follow=false")]
    [InlineData("GET", "jobs")]
    [InlineData("GET", "locations")]
    [InlineData("GET", "debts")]
    [InlineData("GET", "status")]
    [InlineData("POST", "batch/get")]
    public async Task A_position_that_does_not_come_is_refused_after_the_bound(string method, string route)
    {
        await using var node = await StartAsync(Moment);
        var stored = await node.Client.StoreAsync([1], Token);

        using var answer = await AskAsync(node, method, route, stored.Cid.ToString(), 1000);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Contains(
            "\"token-not-observed\"", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_position_that_is_no_number_is_refused_and_a_command_does_not_wait_for_one()
    {
        await using var node = await StartAsync(TimeSpan.FromMinutes(1));
        using var asked = new HttpRequestMessage(HttpMethod.Get, "api/v1/objects");
        asked.Headers.Add("X-At-Least-LSN", "soon");
        using var command = new HttpRequestMessage(HttpMethod.Post, "api/v1/content")
        {
            Content = new ByteArrayContent([3]),
        };
        command.Headers.Add("X-At-Least-LSN", "1000");

        using var malformed = await node.Http.SendAsync(asked, Token);
        using var stored = await node.Http.SendAsync(command, Token);

        Assert.Equal(HttpStatusCode.BadRequest, malformed.StatusCode);
        Assert.True(stored.IsSuccessStatusCode, $"{stored.StatusCode}");
    }

    [Fact]
    public async Task The_client_waits_by_itself_and_is_told_when_it_was_in_vain()
    {
        await using var node = await StartAsync(Moment);
        var stored = await node.Client.StoreAsync([1], Token);

        await node.Client.ObserveAsync(new RetrieveRequest(stored.Receipt.Lsn, CommandIdentity.None), null, Token);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => node.Client.ObserveAsync(
            new RetrieveRequest(new Lsn(1000), CommandIdentity.None), null, Token).AsTask());

        Assert.Equal("token-not-observed", refused.Refusal.Code);
    }

    private static async Task<HttpResponseMessage> AskAsync(
        RunningNode node, string method, string route, string cid, ulong atLeast)
    {
        using var message = new HttpRequestMessage(
            new HttpMethod(method), "api/v1/" + route.Replace("{cid}", cid, StringComparison.Ordinal));
        message.Headers.Add("X-At-Least-LSN", $"{atLeast}");
        if (route == "batch/get")
        {
            message.Content = new StringContent(
                $"{{\"cids\": [\"{cid}\"]}}", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        }

        return await node.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, Token);
    }

    /// <summary>Appends wait at a gate while it is held: nothing behind it is durable yet.</summary>
    private async Task<RunningNode> StartAsync(TimeSpan waitMax)
    {
        var ids = new IdSource(TimeProvider.System);
        var store = new MemoryStore(TimeProvider.System, ids);
        var ports = StorageNodePorts.Of(store) with
        {
            Journal = new FaultyJournal(store, new Lifeline())
            {
                Around = async (_, append) =>
                {
                    await (_isHeld ? _open.Task : Task.CompletedTask);
                    await append();
                },
            },
        };
        var engine = await StorageNode.OpenAsync(
            ports, TimeProvider.System, ids, new StorageNodeOptions { TokenWaitMax = waitMax }, null, Token);
        return await RunningNode.StartAsync(engine: engine);
    }
}

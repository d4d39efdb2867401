using System.IO.Pipelines;
using System.Net.ServerSentEvents;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;
using Xunit;

namespace CimStore.Server.Tests.Http;

public sealed class FeedTests
{
    [Fact, Trait("row", "G2")]
    public async Task A_feed_resumes_after_the_last_event_that_was_seen()
    {
        await using var node = await RunningNode.StartAsync();
        var stored = new List<StoreResult>();
        for (byte index = 0; index < 4; index++)
        {
            stored.Add(await StoreAsync(node, index));
        }

        var all = await ReadAsync(node, null);
        var rest = await ReadAsync(node, all[1].EventId);

        Assert.Equal(stored.Select(result => result.Receipt.Lsn.ToString()), all.Select(item => item.EventId));
        Assert.Equal(all.Skip(2).Select(item => item.EventId), rest.Select(item => item.EventId));
        Assert.All(all, item => Assert.Equal("storage.stored", item.EventType));
        Assert.Contains(stored[0].Cid.ToString(), all[0].Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quiet_feed_shows_that_it_lives()
    {
        await using var node = await RunningNode.StartAsync(
            options => options.Limits.FeedHeartbeat = TimeSpan.FromMilliseconds(10));
        using var answer = await OpenAsync(node, "?follow=true", null);
        await using var body = await answer.Content.ReadAsStreamAsync(Token);
        using var reader = new StreamReader(body);

        Assert.Equal(": alive", await reader.ReadLineAsync(Token));
    }

    [Fact]
    public async Task More_feeds_than_the_limit_are_told_to_come_again()
    {
        await using var node = await RunningNode.StartAsync(options => options.Limits.FeedsMax = 1);
        using var first = await OpenAsync(node, "?follow=true", null);
        using var second = await OpenAsync(node, "?follow=true", null);

        Assert.Equal((200, 503), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.NotNull(second.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_client_follows_across_a_restart_of_the_node()
    {
        var engine = new KeptOpen(await RunningNode.OpenEngineAsync());
        var first = await RunningNode.StartAsync(engine: engine);
        await using var client = new HttpStorageClient(
            new CimStoreHttpOptions { Address = first.Address, ResumesMax = 100 });
        await using var feed = client.EventsAsync(Lsn.None, follow: true, Token).GetAsyncEnumerator(Token);
        var one = await StoreAsync(first, 1);
        Assert.True(await feed.MoveNextAsync());
        Assert.Equal(one.Receipt.Lsn, feed.Current.Lsn);

        var next = feed.MoveNextAsync().AsTask();
        await first.DisposeAsync();
        await using var second = await RunningNode.StartAsync(
            options => options.Listen = [$"http://127.0.0.1:{first.Address.Port}"], engine);
        var two = await StoreAsync(second, 2);

        Assert.True(await next);
        Assert.Equal(two.Receipt.Lsn, feed.Current.Lsn);
    }

    [Fact, Trait("row", "J13")]
    public async Task A_watch_that_resumes_misses_no_change()
    {
        await using var node = await RunningNode.StartAsync();
        var states = new List<NameRecord>();
        for (byte index = 0; index < 5; index++)
        {
            var cid = (await StoreAsync(node, index)).Cid;
            states.Add(await node.Client.SetNameAsync(Name(cid), Token));
        }

        using var message = new HttpRequestMessage(HttpMethod.Get, "/api/v1/names/default/w/watch");
        message.Headers.Add(WireHeaders.LastEventId, states[1].Revision.ToString());
        using var answer = await node.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, Token);
        await using var body = await answer.Content.ReadAsStreamAsync(Token);
        var seen = await SseParser.Create(body).EnumerateAsync(Token).Take(3).ToListAsync(Token);

        Assert.Equal(states.Skip(2).Select(state => state.Revision.ToString()), seen.Select(item => item.EventId));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static NameSetRequest Name(Cid cid) =>
        new(OwnerId.Local, NamespaceId.Default, "w", cid, null, false, CommandIdentity.None);

    private static async Task<StoreResult> StoreAsync(RunningNode node, byte content) =>
        await node.Client.StoreAsync(
            PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>([content])), StoreRequest.Default, Token);

    private static Task<HttpResponseMessage> OpenAsync(RunningNode node, string query, string? lastEventId)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events" + query);
        if (lastEventId is not null)
        {
            message.Headers.Add(WireHeaders.LastEventId, lastEventId);
        }

        return node.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, Token);
    }

    private static async Task<List<SseItem<string>>> ReadAsync(RunningNode node, string? lastEventId)
    {
        using var answer = await OpenAsync(node, "?follow=false", lastEventId);
        await using var body = await answer.Content.ReadAsStreamAsync(Token);
        return await SseParser.Create(body).EnumerateAsync(Token).ToListAsync(Token);
    }
}

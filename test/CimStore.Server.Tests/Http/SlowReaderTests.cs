using System.IO.Pipelines;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Objects;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>Readers of a feed that stop reading: they cost nobody else anything, and not for long.</summary>
public sealed class SlowReaderTests
{
    private const int ManyEvents = 50_000;

    /// <summary>At about 1 KiB each: more than sockets and pipes hold, less than what the other takes.</summary>
    private const int EventsOnTheWayMax = 20_000;

    [Fact, Trait("row", "G2")]
    public async Task A_reader_that_stops_reading_is_cut_off_and_the_others_miss_nothing()
    {
        var engine = new KeptOpen(await RunningNode.OpenEngineAsync());
        await using var node = await RunningNode.StartAsync(
            options =>
            {
                options.Limits.FeedsMax = 2;
                options.Limits.DataRateGrace = TimeSpan.FromSeconds(1.1);
                options.Limits.DataRateMinBytesPerSecond = 1_000_000;
            },
            engine);
        engine.Endless = await SomeEventAsync(node);

        await using var stalled = await StallAsync(node);
        using var answer = await OpenAsync(node);
        await using var body = await answer.Content.ReadAsStreamAsync(Token);
        await using var events = SseParser.Create(body).EnumerateAsync(Token).GetAsyncEnumerator(Token);

        // The node looks at its readers once a second; the good one reads on meanwhile, without a gap.
        ulong lsn = 0;
        while (lsn < ManyEvents || engine.FeedsOpen > 1)
        {
            Assert.True(await events.MoveNextAsync());
            Assert.True(lsn < 1_000_000, "The reader that does not read is still served.");
            Assert.Equal(new Lsn(++lsn).ToString(), events.Current.EventId);
        }

        // Nothing queued for the one that did not read: its feed stood still.
        Assert.InRange(engine.EventsTaken - (long)lsn, 0, EventsOnTheWayMax);

        // The place of the one that was cut off is free again.
        using var next = await OpenAsync(node);
        Assert.True(next.IsSuccessStatusCode, $"{next}");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Asks for the feed and reads nothing of it but that it has begun.</summary>
    private static async Task<NetworkStream> StallAsync(RunningNode node)
    {
        var stream = await node.ConnectAsync(receiveBufferSizeBytes: 8192);
        await stream.WriteAsync("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray(), Token);
        Assert.Equal(1, await stream.ReadAsync(new byte[1], Token));
        return stream;
    }

    private static Task<HttpResponseMessage> OpenAsync(RunningNode node) => node.Http.SendAsync(
        new HttpRequestMessage(HttpMethod.Get, "/api/v1/events"), HttpCompletionOption.ResponseHeadersRead, Token);

    private static async Task<JournalEntry> SomeEventAsync(RunningNode node)
    {
        await node.Client.StoreAsync(
            PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>([1])), StoreRequest.Default, Token);
        return await node.Client.EventsAsync(Lsn.None, follow: false, Token).FirstAsync(Token);
    }
}

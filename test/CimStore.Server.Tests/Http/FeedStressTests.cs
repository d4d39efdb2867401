using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using CimStore.Engine;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>Feeds that are opened, stall, are cut or left, and are opened again, beside puts.</summary>
public sealed class FeedStressTests
{
    private const int ReadersAtOnce = 8;

    private const int OpenedMin = 51;

    private static readonly TimeSpan StressFor = TimeSpan.FromSeconds(6);

    // On a machine that is busy with something else feeds are opened slowly. That is not what is asked here.
    private static readonly TimeSpan StressForMost = TimeSpan.FromMinutes(2);

    [Fact, Trait("row", "G2")]
    public async Task A_feed_is_opened_or_told_to_come_again_and_nothing_else()
    {
        var engine = new KeptOpen(await RunningNode.OpenEngineAsync());
        var answers = new ConcurrentDictionary<HttpStatusCode, int>();
        await using var node = await RunningNode.StartAsync(
            options =>
            {
                options.Limits.FeedsMax = ReadersAtOnce;
                options.Limits.FeedHeartbeat = TimeSpan.FromMilliseconds(10);
                options.Limits.DataRateGrace = TimeSpan.FromSeconds(1.1);
                options.Limits.DataRateMinBytesPerSecond = 1_000_000;
            },
            engine);
        await StoreAsync(node, 0);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var stress = Task.WhenAll(
            [
                .. Enumerable.Range(0, ReadersAtOnce)
                    .Select(seed => OpenAndLeaveAsync(node, seed, answers, ending.Token)),
                .. Enumerable.Range(0, ReadersAtOnce / 2).Select(_ => StallAsync(node, ending.Token)),
                PutAsync(node, ending.Token),
            ]);
        var started = TimeProvider.System.GetTimestamp();
        TimeSpan Elapsed() => TimeProvider.System.GetElapsedTime(started);
        while (!stress.IsCompleted && (Elapsed() < StressFor
            || (Opened() < OpenedMin && Elapsed() < StressForMost)))
        {
            await Task.Delay(50, Token);
        }

        await ending.CancelAsync();
        await stress;
        while (engine.FeedsOpen > 0)
        {
            await Task.Delay(20, Token);
        }

        Assert.All(answers.Keys, status => Assert.True(
            status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{status}"));
        Assert.True(Opened() >= OpenedMin, $"{string.Join(", ", answers)}");

        int Opened() => answers.GetValueOrDefault(HttpStatusCode.OK);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task OpenAndLeaveAsync(
        RunningNode node, int seed, ConcurrentDictionary<HttpStatusCode, int> answers, CancellationToken ending)
    {
        var random = new Random(seed);
        while (!ending.IsCancellationRequested)
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events");
            using var answer = await node.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, Token);
            answers.AddOrUpdate(answer.StatusCode, 1, static (_, count) => count + 1);
            await using var body = await answer.Content.ReadAsStreamAsync(Token);
            await body.ReadAtLeastAsync(new byte[100], 1, throwOnEndOfStream: false, Token);
            await Task.Delay(random.Next(30), Token);
        }
    }

    /// <summary>Reads nothing until the node has cut it off, and comes again at once.</summary>
    private static async Task StallAsync(RunningNode node, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            await using var stream = await node.ConnectAsync(receiveBufferSizeBytes: 8192);
            await stream.WriteAsync("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray(), Token);
            try
            {
                await Task.Delay(1500, ending);
                await stream.ReadExactlyAsync(new byte[1 << 20], ending);
            }
            catch (Exception cut) when (cut is IOException or SocketException or OperationCanceledException)
            {
                // Cut off, or the test is over.
            }
        }
    }

    private static async Task PutAsync(RunningNode node, CancellationToken ending)
    {
        for (var number = 1; !ending.IsCancellationRequested; number++)
        {
            await StoreAsync(node, number);
        }
    }

    private static ValueTask<StoreResult> StoreAsync(RunningNode node, int number) => node.Client.StoreAsync(
        PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>(BitConverter.GetBytes(number))),
        StoreRequest.Default, Token);
}

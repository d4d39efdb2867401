using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using CimStore.Disk;
using CimStore.Engine;
using CimStore.Objects;
using CimStore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CimStore.Bench.Http;

/// <summary>
/// GET over loopback: a node, which proves every byte it sends, against Kestrel's own <c>Results.File</c> of the same
/// bytes. Both in this process, one client, rounds in alternating order, medians. Expected: at least 0.8 at 1 MiB.
/// </summary>
internal static class HttpGetBench
{
    private const int WarmUpGets = 200;
    private const int GetsPerRound = 200;
    private const int Rounds = 15;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var directory = arguments is [var given, ..]
            ? Directory.CreateDirectory(given)
            : Directory.CreateTempSubdirectory("cimstore-http-");
        try
        {
            foreach (var size in (int[])[4096, 1 << 20, 16 << 20])
            {
                await MeasureAsync(directory.FullName, size);
            }

            return 0;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(string directory, int sizeBytes)
    {
        var bytes = new byte[sizeBytes];
        new Random(sizeBytes).NextBytes(bytes);
        var file = Path.Combine(directory, sizeBytes.ToString(CultureInfo.InvariantCulture));
        await File.WriteAllBytesAsync(file, bytes);
        await using var plain = await ServeFileAsync(file);
        var node = await OpenNodeAsync(Path.Combine(directory, $"data-{sizeBytes}"));
        var stored = await node.StoreAsync(
            PipeReader.Create(new ReadOnlySequence<byte>(bytes)), StoreRequest.Default, CancellationToken.None);
        await using var host = await CimStoreHost.StartAsync(
            new ServerOptions { Listen = { "http://127.0.0.1:0" } }, node, TimeProvider.System, null,
            CancellationToken.None);

        using var http = new HttpClient();
        var ours = new Uri(host.Addresses[0], $"/api/v1/content/{stored.Cid}");
        var theirs = new Uri(plain.Urls.First() + "/file");
        await GetManyAsync(http, ours, sizeBytes, WarmUpGets);
        await GetManyAsync(http, theirs, sizeBytes, WarmUpGets);
        Report(sizeBytes, await CompareAsync(http, ours, theirs, sizeBytes));
    }

    private static async Task<List<(TimeSpan Ours, TimeSpan Theirs)>> CompareAsync(
        HttpClient http, Uri ours, Uri theirs, int sizeBytes)
    {
        var rounds = new List<(TimeSpan Ours, TimeSpan Theirs)>();
        for (var round = 0; round < Rounds; round++)
        {
            if (round % 2 == 0)
            {
                var first = await GetManyAsync(http, ours, sizeBytes, GetsPerRound);
                rounds.Add((first, await GetManyAsync(http, theirs, sizeBytes, GetsPerRound)));
            }
            else
            {
                var first = await GetManyAsync(http, theirs, sizeBytes, GetsPerRound);
                rounds.Add((await GetManyAsync(http, ours, sizeBytes, GetsPerRound), first));
            }
        }

        return rounds;
    }

    private static async Task<TimeSpan> GetManyAsync(HttpClient http, Uri address, int sizeBytes, int count)
    {
        // Large contents need fewer gets for a steady figure.
        count = Math.Max(5, Math.Min(count, (int)((200L << 20) / sizeBytes)));
        var buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
        var start = Stopwatch.GetTimestamp();
        for (var index = 0; index < count; index++)
        {
            using var answer = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
            answer.EnsureSuccessStatusCode();
            await using var body = await answer.Content.ReadAsStreamAsync();
            var total = 0;
            for (int read; (read = await body.ReadAsync(buffer)) > 0;)
            {
                total += read;
            }

            if (total != sizeBytes)
            {
                throw new InvalidDataException($"{address} sent {total} bytes of {sizeBytes}.");
            }
        }

        var took = Stopwatch.GetElapsedTime(start) / count;
        ArrayPool<byte>.Shared.Return(buffer);
        return took;
    }

    private static void Report(int sizeBytes, List<(TimeSpan Ours, TimeSpan Theirs)> rounds)
    {
        var ours = Median(rounds.Select(round => round.Ours.TotalMicroseconds));
        var theirs = Median(rounds.Select(round => round.Theirs.TotalMicroseconds));
        var ratio = Median(rounds.Select(round => round.Theirs / round.Ours));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"GET {sizeBytes,9} bytes: node {ours,8:F0} us, Results.File {theirs,8:F0} us, ratio {ratio:F2}"));
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private static async Task<WebApplication> ServeFileAsync(string file)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/file", () => Results.File(file, "application/octet-stream"));
        await app.StartAsync();
        return app;
    }

    private static async Task<StorageNode> OpenNodeAsync(string directory)
    {
        var options = new DiskStoreOptions { DataDirectory = directory, ForceUnsafe = true };
        var store = await DiskStore.OpenAsync(options, TimeProvider.System, CancellationToken.None);
        return await StorageNode.OpenAsync(
            StorageNodePorts.Of(
                store), TimeProvider.System, new IdSource(TimeProvider.System), new StorageNodeOptions(),
            null, CancellationToken.None);
    }
}

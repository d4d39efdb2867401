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
/// bytes, both in this process, and nginx where it is installed. One client, rounds in alternating order, medians.
/// Expected: at least 0.8 of <c>Results.File</c> at 1 MiB.
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
            new ServerOptions { Listen = { "http://127.0.0.1:0" } }, null, node, TimeProvider.System, null,
            CancellationToken.None);

        using var nginx = Nginx.Start(directory);
        using var http = new HttpClient();
        List<(string Name, Uri Address)> servers =
        [
            ("node", new Uri(host.Addresses[0], $"/api/v1/content/{stored.Cid}")),
            ("Results.File", new Uri(plain.Urls.First() + "/file")),
        ];
        if (nginx is not null)
        {
            servers.Add(("nginx", new Uri(nginx.Address, sizeBytes.ToString(CultureInfo.InvariantCulture))));
        }

        foreach (var (_, address) in servers)
        {
            await GetManyAsync(http, address, sizeBytes, WarmUpGets);
        }

        Report(sizeBytes, servers, await CompareAsync(http, servers, sizeBytes));
    }

    /// <returns>The time of one get, by server and round.</returns>
    private static async Task<TimeSpan[][]> CompareAsync(
        HttpClient http, List<(string Name, Uri Address)> servers, int sizeBytes)
    {
        var times = servers.Select(_ => new TimeSpan[Rounds]).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            for (var turn = 0; turn < servers.Count; turn++)
            {
                var index = round % 2 == 0 ? turn : servers.Count - 1 - turn;
                times[index][round] = await GetManyAsync(http, servers[index].Address, sizeBytes, GetsPerRound);
            }
        }

        return times;
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

    private static void Report(int sizeBytes, List<(string Name, Uri Address)> servers, TimeSpan[][] times)
    {
        for (var index = 0; index < servers.Count; index++)
        {
            var ratios = times[index].Zip(times[0], static (one, ours) => one / ours);
            var one = times[index].Select(static time => time.TotalMicroseconds).ToArray();
            var range = FormattableString.Invariant($"{Median(one),8:F0} us ({one.Min():F0}-{one.Max():F0})");
            var speed = FormattableString.Invariant($"the node is {Median(ratios):F2} x as fast");
            Console.WriteLine($"GET {sizeBytes,9} bytes: {servers[index].Name,-12} {range}, {speed}");
        }
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

using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using CimStore.Http;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>A node on a file system that is really full, as its users see it.</summary>
public sealed class FullDiskNodeTests : IDisposable
{
    private const int ContentBytes = 1_000_000;
    private const int LargeBytes = 3_000_000;

    private readonly Cimstore _program = new();

    public void Dispose()
    {
        if (Directory.Exists(_program.Data))
        {
            Run("umount", _program.Data);
        }

        _program.Dispose();
    }

    [Fact, Trait("row", "J2")]
    public async Task A_full_disk_is_a_507_and_a_5_reads_go_on_and_stores_too_when_there_is_room()
    {
        Directory.CreateDirectory(_program.Data);
        Assert.SkipUnless(
            Run("mount", "-t", "tmpfs", "-o", "size=400m", "none", _program.Data),
            "No file system can be mounted here.");
        var ballast = _program.Write("data/ballast", new byte[200 << 20]);
        await using var node = await ServedStore.StartAsync(
            _program, """{ "Limits": { "FreeSpaceMinBytes": 20000000 } }""");
        using var http = new HttpClient { BaseAddress = new Uri(node.Address) };
        var stored = new Dictionary<Uri, byte[]>();

        var (status, problem) = await FillAsync(http, stored, ContentBytes);
        var (largeStatus, large) = await FillAsync(http, stored, LargeBytes);
        var put = await _program.RunAsync("put", _program.Write("file", RandomNumberGenerator.GetBytes(LargeBytes)));
        using var ready = await http.GetAsync("/health/ready", Token);

        Assert.Equal((507, "full"), (status, problem.Code));

        // From the first refusal on the log counts as full, and more is refused before it comes.
        Assert.Equal((507, "intake-stopped"), (largeStatus, large.Code));
        put.Fails(5, "nothing new is taken before it is below");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.True(stored.Count > 20, $"Only {stored.Count} contents found room.");
        await AssertReadAsync(http, stored);

        File.Delete(ballast);
        using var again = await http.PostAsync(
            "/api/v1/content", new ByteArrayContent(RandomNumberGenerator.GetBytes(LargeBytes)), Token);
        using var readyAgain = await http.GetAsync("/health/ready", Token);

        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.Equal(HttpStatusCode.OK, readyAgain.StatusCode);
        await AssertReadAsync(http, stored);
        (await _program.RunAsync("verify")).Ok();
        Assert.Equal(0, await node.StopAsync());
        (await _program.RunAsync("check")).Ok();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Stores until the node refuses.</summary>
    private static async Task<(int Status, Problem Problem)> FillAsync(
        HttpClient http, Dictionary<Uri, byte[]> stored, int size)
    {
        while (true)
        {
            var content = RandomNumberGenerator.GetBytes(size);
            using var answer = await http.PostAsync("/api/v1/content", new ByteArrayContent(content), Token);
            if (answer.StatusCode != HttpStatusCode.Created)
            {
                return ((int)answer.StatusCode,
                    (await answer.Content.ReadFromJsonAsync(WireJson.Of<Problem>(), Token))!);
            }

            stored.Add(answer.Headers.Location!, content);
        }
    }

    private static async Task AssertReadAsync(HttpClient http, Dictionary<Uri, byte[]> stored)
    {
        foreach (var (location, content) in stored)
        {
            Assert.Equal(content, await http.GetByteArrayAsync(location, Token));
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}

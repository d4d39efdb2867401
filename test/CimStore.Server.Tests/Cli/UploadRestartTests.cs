using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using CimStore.Http;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>A node that is killed in the middle of an upload.</summary>
public sealed class UploadRestartTests : IDisposable
{
    private const int PartBytes = 3_000_000;

    private readonly Cimstore _program = new();

    public void Dispose() => _program.Dispose();

    [Fact, Trait("row", "J9")]
    public async Task An_upload_goes_on_where_it_stood_after_the_node_was_killed()
    {
        var content = RandomNumberGenerator.GetBytes(2 * PartBytes);
        string upload;
        await using (var node = await ServedStore.StartAsync(_program))
        {
            using var http = new HttpClient { BaseAddress = new Uri(node.Address) };
            using var opened = await http.PostAsync("/api/v1/uploads", null, Token);
            upload = opened.Headers.Location!.ToString();
            using var part = await AppendAsync(http, upload, 0, content.AsMemory(0, PartBytes), complete: false);
            part.EnsureSuccessStatusCode();
            await node.KillAsync();
        }

        await using var next = await ServedStore.StartAsync(_program);
        using var again = new HttpClient { BaseAddress = new Uri(next.Address) };
        using var state = await again.SendAsync(new HttpRequestMessage(HttpMethod.Head, upload), Token);
        var offset = int.Parse(
            state.Headers.GetValues(WireHeaders.UploadOffset).Single(), CultureInfo.InvariantCulture);
        using var rest = await AppendAsync(again, upload, offset, content.AsMemory(offset), complete: true);

        Assert.Equal(PartBytes, offset);
        rest.EnsureSuccessStatusCode();
        Assert.Equal(content, await again.GetByteArrayAsync(rest.Headers.Location, Token));
    }

    [Fact, Trait("row", "J9")]
    public async Task An_upload_whose_head_rotted_is_kept_and_its_client_told()
    {
        string upload;
        await using (var node = await ServedStore.StartAsync(_program))
        {
            using var http = new HttpClient { BaseAddress = new Uri(node.Address) };
            using var opened = await http.PostAsync("/api/v1/uploads", null, Token);
            upload = opened.Headers.Location!.ToString();
            Assert.Equal(0, await node.StopAsync());
        }

        var file = Assert.Single(Directory.GetFiles(Path.Combine(_program.Data, "uploads")));
        var bytes = await File.ReadAllBytesAsync(file, Token);
        bytes[14] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Token);
        var alone = await _program.RunAsync("check", "--quick");
        await using var next = await ServedStore.StartAsync(_program);
        using var again = new HttpClient { BaseAddress = new Uri(next.Address) };

        using var state = await again.SendAsync(new HttpRequestMessage(HttpMethod.Head, upload), Token);
        using var part = await AppendAsync(again, upload, 0, new byte[] { 1 }, complete: false);
        var problem = await part.Content.ReadAsStringAsync(Token);
        var health = await again.GetStringAsync("/health/ready", Token);
        var served = await _program.RunAsync("check", "--quick");
        using var removed = await again.DeleteAsync(upload, Token);

        Assert.Equal((502, 502), ((int)state.StatusCode, (int)part.StatusCode));
        Assert.Contains("\"code\":\"corrupt\"", problem, StringComparison.Ordinal);
        var told = $"does not match its digest. Its file {file} is kept";
        Assert.All(
            [problem, health, alone.Text, served.Text],
            text => Assert.Contains(told, text, StringComparison.Ordinal));
        Assert.Equal((1, 1), (alone.ExitCode, served.ExitCode));
        Assert.Equal(204, (int)removed.StatusCode);
        Assert.False(File.Exists(file));
        (await _program.RunAsync("check", "--quick")).Ok();
        await next.StopAsync();
        Assert.Contains(file, await next.Errors, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<HttpResponseMessage> AppendAsync(
        HttpClient http, string upload, long offset, ReadOnlyMemory<byte> bytes, bool complete)
    {
        using var message = new HttpRequestMessage(HttpMethod.Patch, upload);
        message.Content = new ReadOnlyMemoryContent(bytes);
        message.Content.Headers.ContentType = new MediaTypeHeaderValue(WireHeaders.PartialUploadMediaType);
        message.Headers.Add(WireHeaders.UploadOffset, offset.ToString(CultureInfo.InvariantCulture));
        message.Headers.Add(WireHeaders.UploadComplete, complete ? "?1" : "?0");
        return await http.SendAsync(message, Token);
    }
}

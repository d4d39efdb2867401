using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>SIGTERM while requests are in flight.</summary>
[Trait("row", "J2")]
public sealed class ShutdownTests : IDisposable
{
    private readonly Cimstore _program = new();

    public void Dispose() => _program.Dispose();

    /// <summary>Half of it waits in memory, or is on the disk, when the node is asked to stop.</summary>
    [Theory]
    [InlineData(100_000)]
    [InlineData(3_000_000)]
    public async Task An_upload_in_flight_finishes_and_is_kept(int bytes)
    {
        var content = RandomNumberGenerator.GetBytes(bytes);
        await using var node = await ServedStore.StartAsync(_program);
        await using var upload = await BeginAsync(node, content);

        await node.AskToStopAsync();
        await RefusesAsync(node);

        // The server wakes up who waits for the rest shortly after it took the last connection.
        await Task.Delay(TimeSpan.FromSeconds(1), Token);
        await upload.WriteAsync(content.AsMemory(bytes / 2), Token);
        var answer = await new StreamReader(upload).ReadToEndAsync(Token);
        var exitCode = await node.StopAsync();

        Assert.True(answer.StartsWith("HTTP/1.1 201", StringComparison.Ordinal), $"{answer}\n{await node.Errors}");
        Assert.Equal(0, exitCode);
        var cid = Assert.Single((await _program.RunAsync("ls")).Ok().Lines);
        Assert.Equal(content, (await _program.RunAsync("cat", cid)).Ok().Output);
    }

    [Fact]
    public async Task An_upload_that_does_not_finish_within_the_grace_is_cut_and_leaves_nothing()
    {
        await using var node = await ServedStore.StartAsync(
            _program, """{ "Limits": { "ShutdownGrace": "00:00:00.5" } }""");
        await using var upload = await BeginAsync(node, RandomNumberGenerator.GetBytes(3_000_000));

        var exitCode = await node.StopAsync();
        var answer = await ReadToCutAsync(upload);

        Assert.DoesNotContain("HTTP/1.1 2", answer, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);
        Assert.Empty((await _program.RunAsync("ls")).Ok().Lines);
        (await _program.RunAsync("check")).Ok();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Half an upload, which the node has begun to take.</summary>
    private static async Task<NetworkStream> BeginAsync(ServedStore node, byte[] content)
    {
        var stream = await ConnectAsync(node);
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST /api/v1/content HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {content.Length}\r\n"
            + $"Expect: 100-continue\r\nConnection: close\r\n\r\n")), Token);
        var wanted = "HTTP/1.1 100 Continue\r\n\r\n".Length;
        await stream.ReadExactlyAsync(new byte[wanted], Token);
        await stream.WriteAsync(content.AsMemory(0, content.Length / 2), Token);
        return stream;
    }

    private static async Task<NetworkStream> ConnectAsync(ServedStore node)
    {
        var address = new Uri(node.Address);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Returns when the node takes no more connections.</summary>
    private static async Task RefusesAsync(ServedStore node)
    {
        try
        {
            while (true)
            {
                await (await ConnectAsync(node)).DisposeAsync();
            }
        }
        catch (SocketException)
        {
            // That is what was waited for.
        }
    }

    private static async Task<string> ReadToCutAsync(NetworkStream stream)
    {
        try
        {
            return await new StreamReader(stream).ReadToEndAsync(Token);
        }
        catch (IOException)
        {
            return "";
        }
    }
}

using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>SIGTERM while requests are in flight.</summary>
[Trait("row", "J2")]
public sealed class ShutdownTests : IDisposable
{
    private const int HalfBytes = 1_500_000;

    private readonly Cimstore _program = new();
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(2 * HalfBytes);

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task An_upload_in_flight_finishes_and_is_kept()
    {
        await using var node = await ServedStore.StartAsync(_program);
        await using var upload = await BeginAsync(node);

        await node.AskToStopAsync();
        await RefusesAsync(node);
        await upload.WriteAsync(_content.AsMemory(HalfBytes), Token);
        var answer = await new StreamReader(upload).ReadToEndAsync(Token);
        var exitCode = await node.StopAsync();

        Assert.True(answer.StartsWith("HTTP/1.1 201", StringComparison.Ordinal), $"{answer}\n{await node.Errors}");
        Assert.Equal(0, exitCode);
        var cid = Assert.Single((await _program.RunAsync("ls")).Ok().Lines);
        Assert.Equal(_content, (await _program.RunAsync("cat", cid)).Ok().Output);
    }

    [Fact]
    public async Task An_upload_that_does_not_finish_within_the_grace_is_cut_and_leaves_nothing()
    {
        await using var node = await ServedStore.StartAsync(
            _program, """{ "Limits": { "ShutdownGrace": "00:00:00.5" } }""");
        await using var upload = await BeginAsync(node);

        var exitCode = await node.StopAsync();
        var answer = await ReadToCutAsync(upload);

        Assert.DoesNotContain("HTTP/1.1 2", answer, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);
        Assert.Empty((await _program.RunAsync("ls")).Ok().Lines);
        (await _program.RunAsync("check")).Ok();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Half an upload, which the node has begun to take.</summary>
    private async Task<NetworkStream> BeginAsync(ServedStore node)
    {
        var stream = await ConnectAsync(node);
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST /api/v1/content HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {_content.Length}\r\n"
            + $"Expect: 100-continue\r\nConnection: close\r\n\r\n")), Token);
        var wanted = "HTTP/1.1 100 Continue\r\n\r\n".Length;
        await stream.ReadExactlyAsync(new byte[wanted], Token);
        await stream.WriteAsync(_content.AsMemory(0, HalfBytes), Token);
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

using System.Net.Sockets;
using System.Text;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>Bare sockets: clients that stall, vanish or lie about the length.</summary>
public sealed class BrokenBodyTests : IAsyncLifetime
{
    private KeptOpen _engine = null!;
    private RunningNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        _engine = new KeptOpen(await RunningNode.OpenEngineAsync());
        _node = await RunningNode.StartAsync(
            options => options.Limits.DataRateGrace = TimeSpan.FromSeconds(1.1), _engine);
    }

    public async ValueTask DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData("Content-Length: 1000\r\n\r\nonly this much")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nwo")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    public async Task A_body_that_breaks_off_is_not_stored(string rest)
    {
        await using (var stream = await _node.ConnectAsync())
        {
            await SendAsync(stream, "POST /api/v1/content HTTP/1.1\r\nHost: 127.0.0.1\r\n" + rest);
            await _engine.FirstStoreBegan.WaitAsync(Token);
            stream.Socket.Shutdown(SocketShutdown.Send);
            await Assert.ThrowsAnyAsync<Exception>(() => _engine.FirstStoreEnded.WaitAsync(Token));
        }

        Assert.Empty(await _engine.ListAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_client_that_is_gone_in_the_middle_of_its_body_leaves_nothing()
    {
        var stream = await _node.ConnectAsync();
        await SendAsync(
            stream, "POST /api/v1/content HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nonly this much");

        await _engine.FirstStoreBegan.WaitAsync(Token);

        // Closed with a reset, as when the machine vanishes.
        stream.Socket.LingerState = new LingerOption(true, 0);
        await stream.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => _engine.FirstStoreEnded.WaitAsync(Token));

        Assert.Empty(await _engine.ListAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_body_that_stalls_is_cut_off()
    {
        await using var stream = await _node.ConnectAsync();
        await SendAsync(
            stream, "POST /api/v1/content HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nonly this much");

        // Kestrel judges the rate by its own clock; the answer arrives when it has.
        var answer = await new StreamReader(stream).ReadToEndAsync(Token);

        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), answer);
        await Assert.ThrowsAnyAsync<Exception>(() => _engine.FirstStoreEnded.WaitAsync(Token));
        Assert.Empty(await _engine.ListAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Garbage_instead_of_HTTP_is_refused()
    {
        await using var stream = await _node.ConnectAsync();
        await SendAsync(stream, "\x01\x02\x03 not HTTP\r\n\r\n");

        var answer = await new StreamReader(stream).ReadToEndAsync(Token);

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task SendAsync(NetworkStream stream, string text) =>
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text), Token);
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CimStore.Adapters.Tests.S3;

/// <summary>
/// Stands before a real server and lets things go wrong. Requests are passed on byte by byte, with the host that their
/// signature was made for; an answer is passed on when all of it is there.
/// </summary>
public sealed class S3Proxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<S3Request> _requests = new();
    private readonly S3Endpoint _server;
    private readonly Task _accepting;

    public S3Proxy(S3Endpoint server)
    {
        _server = server;
        _listener.Start();
        var port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        Endpoint = new S3Endpoint(
            new Uri($"http://127.0.0.1:{port}"), server.AccessKey, server.SecretKey, server.Profile);
        _accepting = AcceptAsync();
    }

    /// <summary>The server as it is seen through this.</summary>
    public S3Endpoint Endpoint { get; }

    /// <summary>Null lets a request through.</summary>
    public Func<S3Request, S3Mishap?>? Mishap { get; set; }

    public IReadOnlyCollection<S3Request> Requests => _requests;

    public void Forget() => _requests.Clear();

    /// <summary>Happens to the first so many requests that are meant.</summary>
    public void Fail(int times, Func<S3Request, bool> which, S3Mishap mishap)
    {
        var left = times;
        Mishap = request => which(request) && Interlocked.Decrement(ref left) >= 0 ? mishap : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                open.Add(ServeAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var client = new NetworkStream(socket, ownsSocket: true);
            using var connection = new TcpClient();
            await connection.ConnectAsync(_server.Address.Host, _server.Address.Port, _end.Token);
            var server = connection.GetStream();
            while (await HttpPiece.ReadHeadAsync(client, _end.Token) is { } request
                && await PassAsync(request, client, server))
            {
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or SocketException)
        {
            // Whoever was at the other end knows as much.
        }
    }

    /// <returns>False when the connection is to end.</returns>
    private async Task<bool> PassAsync(HttpPiece request, Stream client, Stream server)
    {
        if (request.TryTake("Expect"))
        {
            await client.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _end.Token);
        }

        await request.ReadBodyAsync(client, hasBody: true, _end.Token);
        var words = request.FirstLine.Split(' ');
        var seen = new S3Request(words[0], words[1], request.Body.Length);
        _requests.Enqueue(seen);
        var mishap = Mishap?.Invoke(seen);
        switch (mishap)
        {
            case S3Mishap.DropBefore:
                return false;
            case S3Mishap.Stall:
                await Task.Delay(Timeout.Infinite, _end.Token);
                return false;
            case S3Mishap.Answer said:
                await client.WriteAsync(Form(said, isShort: seen.Method == "HEAD"), _end.Token);
                return false;
        }

        await request.WriteAsync(server, request.Body.Length, _end.Token);
        var answer = await HttpPiece.ReadHeadAsync(server, _end.Token)
            ?? throw new IOException("The server ended the connection.");
        var hasBody = seen.Method != "HEAD" && !answer.FirstLine.Contains(" 204", StringComparison.Ordinal);
        await answer.ReadBodyAsync(server, hasBody, _end.Token);
        switch (mishap)
        {
            case S3Mishap.DropAfter:
                return false;
            case S3Mishap.CutBody cut:
                await answer.WriteAsync(client, Math.Min(cut.AfterBytes, answer.Body.Length), _end.Token);
                return false;
            case S3Mishap.FlipBit flip when answer.Body.Length > 0:
                answer.Body[Math.Min(flip.AtByte, answer.Body.Length - 1)] ^= 1;
                break;
        }

        await answer.WriteAsync(client, answer.Body.Length, _end.Token);
        return true;
    }

    private static byte[] Form(S3Mishap.Answer said, bool isShort)
    {
        var body = $"<?xml version=\"1.0\"?><Error><Code>{said.Code}</Code><Message>Told by a test</Message></Error>";
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {(int)said.Status} {said.Status}\r\nContent-Type: application/xml\r\n"
            + $"Content-Length: {body.Length}\r\nConnection: close\r\n\r\n{(isShort ? "" : body)}");
    }
}

using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Objects;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>A node that takes a request and is gone: what its client says to do next.</summary>
public sealed class BrokenConnectionTests : IAsyncLifetime
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private HttpStorageClient _client = null!;
    private Task _hangingUp = Task.CompletedTask;

    public ValueTask InitializeAsync()
    {
        _listener.Start();
        _client = new HttpStorageClient(
            new CimStoreHttpOptions { Address = new Uri($"http://{_listener.LocalEndpoint}") });
        _hangingUp = HangUpAsync();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        _listener.Stop();
        await _hangingUp;
        _listener.Dispose();
    }

    [Fact]
    public async Task Each_kind_of_request_has_its_next_step()
    {
        var cid = Cid.ForRaw(new byte[Blake3.HashSizeBytes]);
        var name = new NameSetRequest(OwnerId.Local, NamespaceId.Default, "n", cid, null, false, CommandIdentity.None);

        await SaysAsync("put the same content again", async () => await _client.StoreAsync(
            PipeReader.Create(new ReadOnlySequence<byte>([1])), StoreRequest.Default, Token));
        await SaysAsync("'cimstore stat CID'", async () =>
            await _client.DeleteAsync(cid, DeleteRequest.Default, Token));
        await SaysAsync("'cimstore name get NAME'", async () => await _client.SetNameAsync(name, Token));
        await SaysAsync("ask again", async () => await _client.StatAsync(cid, Token));
        await SaysAsync("ask again", async () => await _client.VerifyAsync(cid, Token));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task SaysAsync(string step, Func<Task> ask)
    {
        var broken = await Assert.ThrowsAsync<LocationException>(ask);
        Assert.Equal(LocationFault.Unknown, broken.Fault);
        Assert.Contains(step, broken.Message, StringComparison.Ordinal);
    }

    private async Task HangUpAsync()
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptSocketAsync(Token);
                await socket.ReceiveAsync(new byte[4096], Token);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}

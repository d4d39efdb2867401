using System.Net.Sockets;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;
using CimStore.Testing.Memory;

namespace CimStore.Server.Tests.Http;

/// <summary>A node on a free loopback port, with the client of the product and a bare one.</summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private RunningNode(CimStoreHost host, IStorageClient engine)
    {
        Host = host;
        Engine = engine;
        Address = host.Addresses[0];
        Client = new HttpStorageClient(new CimStoreHttpOptions { Address = Address });
        Http = new HttpClient { BaseAddress = Address };
    }

    public CimStoreHost Host { get; }

    /// <summary>What the node serves, asked directly.</summary>
    public IStorageClient Engine { get; }

    public Uri Address { get; }

    public HttpStorageClient Client { get; }

    public HttpClient Http { get; }

    public static async Task<RunningNode> StartAsync(
        Action<ServerOptions>? configure = null, IStorageClient? engine = null, TimeProvider? time = null)
    {
        var options = new ServerOptions { Listen = { "http://127.0.0.1:0" } };
        configure?.Invoke(options);
        engine ??= await OpenEngineAsync();
        var host = await CimStoreHost.StartAsync(
            options, engine, time ?? TimeProvider.System, logging: null, CancellationToken.None);
        return new RunningNode(host, engine);
    }

    /// <summary>The real engine on a store in memory.</summary>
    public static async ValueTask<IStorageClient> OpenEngineAsync(MemoryStore? store = null)
    {
        var ids = new IdSource(TimeProvider.System);
        return await StorageNode.OpenAsync(
            StorageNodePorts.Of(store ?? new MemoryStore(TimeProvider.System, ids)), TimeProvider.System, ids,
            new StorageNodeOptions(), null, CancellationToken.None);
    }

    /// <summary>A connection without any client's manners.</summary>
    public async Task<NetworkStream> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Address.Host, Address.Port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Client.DisposeAsync();
        await Host.DisposeAsync();
    }
}

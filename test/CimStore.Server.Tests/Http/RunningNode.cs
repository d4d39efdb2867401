using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;
using CimStore.Server.Configuration;
using CimStore.Testing.Memory;

namespace CimStore.Server.Tests.Http;

/// <summary>A node on a free loopback port, with the client of the product and a bare one.</summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private RunningNode(CimStoreHost host, IStorageClient engine, X509Certificate2? trusted)
    {
        Host = host;
        Engine = engine;
        Address = host.Addresses[0];
        Http = Connect(Address, trusted);
        Client = trusted is null
            ? new HttpStorageClient(new CimStoreHttpOptions { Address = Address })
            : new HttpStorageClient(Connect(Address, trusted), new CimStoreHttpOptions { Address = Address });
    }

    public CimStoreHost Host { get; }

    /// <summary>Uploads are here unless a test has another place for them; it goes with the node.</summary>
    public required DirectoryInfo Folder { get; init; }

    /// <summary>What the node serves, asked directly.</summary>
    public IStorageClient Engine { get; }

    public Uri Address { get; }

    public HttpStorageClient Client { get; }

    public HttpClient Http { get; }

    /// <param name="trusted">The one certificate that the clients believe.</param>
    public static async Task<RunningNode> StartAsync(
        Action<ServerOptions>? configure = null, IStorageClient? engine = null, TimeProvider? time = null,
        X509Certificate2? trusted = null, NatsConfiguration? nats = null)
    {
        var folder = Directory.CreateTempSubdirectory("cimstore-node-");
        var options = new ServerOptions { Listen = { "http://127.0.0.1:0" }, DataDirectory = folder.FullName };
        configure?.Invoke(options);
        engine ??= await OpenEngineAsync();
        var host = await CimStoreHost.StartAsync(
            options, nats, engine, time ?? TimeProvider.System, logging: null, CancellationToken.None);
        return new RunningNode(host, engine, trusted) { Folder = folder };
    }

    /// <summary>The real engine on a store in memory.</summary>
    public static async ValueTask<IStorageClient> OpenEngineAsync(MemoryStore? store = null)
    {
        var ids = new IdSource(TimeProvider.System);
        return await StorageNode.OpenAsync(
            StorageNodePorts.Of(store ?? new MemoryStore(TimeProvider.System, ids)), TimeProvider.System, ids,
            new StorageNodeOptions(), null, CancellationToken.None);
    }

    private static HttpClient Connect(Uri address, X509Certificate2? trusted)
    {
        var handler = new SocketsHttpHandler();
        if (trusted is not null)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) =>
                shown?.GetCertHashString() == trusted.GetCertHashString();
        }

        return new HttpClient(handler, disposeHandler: true) { BaseAddress = address };
    }

    /// <summary>A connection without any client's manners.</summary>
    public async Task<NetworkStream> ConnectAsync(int receiveBufferSizeBytes = 64 * 1024)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = receiveBufferSizeBytes,
        };
        await socket.ConnectAsync(Address.Host, Address.Port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Client.DisposeAsync();
        await Host.DisposeAsync();
        Folder.Delete(recursive: true);
    }
}

using System.Text.Json;
using CimStore.Engine;
using CimStore.Nats;
using CimStore.Nats.Commands;
using CimStore.Objects;
using CimStore.Testing.Memory;
using CimStore.Testing.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

/// <summary>A node in memory whose commands are answered on a real server, and a client beside it.</summary>
internal sealed class NatsNode : IAsyncDisposable
{
    private NatsNode(NatsServers servers, StorageNode node, NatsLink link, StorageService service)
    {
        (Servers, Node, Link, Service) = (servers, node, link, service);
        Client = new NatsConnection(new NatsOpts
        {
            Url = servers.Url().ToString(),
            RequestTimeout = TimeSpan.FromSeconds(20),
        });
    }

    public NatsServers Servers { get; }

    public StorageNode Node { get; }

    public NatsLink Link { get; }

    public StorageService Service { get; }

    public NatsConnection Client { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<NatsNode> StartAsync(
        Action<StorageServiceOptions>? configure = null, string extra = "")
    {
        var servers = await NatsServers.StartAsync(extra: extra);
        var (node, _) = await MemoryNode.OpenAsync(TimeProvider.System, new StorageNodeOptions(), Token);
        var link = await NatsLink.OpenAsync(new NatsOptions { Servers = servers.Urls }, null, Token);
        var options = new StorageServiceOptions();
        configure?.Invoke(options);
        var service = await StorageService.StartAsync(
            link, node, options, TimeProvider.System, new IdSource(TimeProvider.System),
            NullLogger.Instance, Token);
        return new NatsNode(servers, node, link, service);
    }

    public async Task<NatsMsg<byte[]>> RequestAsync(
        string subject, ReadOnlyMemory<byte> body, NatsHeaders? headers = null) =>
        await Client.RequestAsync<ReadOnlyMemory<byte>, byte[]>(subject, body, headers, cancellationToken: Token);

    /// <summary>A command whose body is JSON.</summary>
    public async Task<JsonElement> AskAsync(string verb, object body, NatsHeaders? headers = null)
    {
        headers ??= [];
        headers["Content-Type"] = "application/json";
        var answer = await RequestAsync(
            $"commands.storage.{verb}", JsonSerializer.SerializeToUtf8Bytes(body), headers);
        return JsonDocument.Parse(answer.Data!).RootElement;
    }

    public async Task<JsonElement> StoreAsync(ReadOnlyMemory<byte> content, NatsHeaders? headers = null) =>
        JsonDocument.Parse((await RequestAsync("commands.storage.store", content, headers)).Data!).RootElement;

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Service.DisposeAsync();
        await Link.DisposeAsync();
        await Node.DisposeAsync();
        await Servers.DisposeAsync();
    }
}

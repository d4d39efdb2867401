using CimStore.Testing.Servers;
using NATS.Client.Core;
using NATS.Client.JetStream;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>`nats backup` and `nats restore`, as a user meets them.</summary>
[Trait("row", "G10")]
public sealed class NatsCommandTests : IDisposable
{
    private readonly Cimstore _cimstore = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cimstore.Dispose();

    [Fact]
    public async Task A_stream_is_backed_up_and_restored()
    {
        await using var servers = await NatsServers.StartAsync();
        await using var client = new NatsConnection(new NatsOpts { Url = servers.Url().ToString() });
        var streams = new NatsJSContext(client);
        await streams.CreateStreamAsync(new("KEPT", ["kept.>"]), Token);
        await streams.PublishAsync("kept.a", "hello", cancellationToken: Token);
        var file = Path.Combine(_cimstore.Folder, "kept.cimstrbk");
        string[] where = ["--nats", servers.Url().ToString()];

        var made = (await _cimstore.RunExactlyAsync(null, ["nats", "backup", "KEPT", "-o", file, .. where])).Ok();
        (await _cimstore.RunExactlyAsync(null, ["nats", "restore", file, .. where])).Fails(4, "stream-exists");
        await streams.DeleteStreamAsync("KEPT", Token);
        var damaged = await File.ReadAllBytesAsync(file, Token);
        damaged[^50] ^= 1;
        var bad = _cimstore.Write("bad.cimstrbk", damaged);
        (await _cimstore.RunExactlyAsync(null, ["nats", "restore", bad, .. where])).Fails(6, "BLAKE3");
        var restored = (await _cimstore.RunExactlyAsync(null, ["nats", "restore", file, "--json", .. where])).Ok();

        Assert.StartsWith("KEPT\t1\t", Assert.Single(made.Lines), StringComparison.Ordinal);
        Assert.Equal(
            ("KEPT", 1), (restored.Json.GetProperty("stream").GetString(),
                restored.Json.GetProperty("messages").GetInt32()));
        Assert.Equal(64, restored.Json.GetProperty("blake3").GetString()!.Length);
        var stream = await streams.GetStreamAsync("KEPT", cancellationToken: Token);
        Assert.Equal(1L, stream.Info.State.Messages);
    }

    [Fact]
    public async Task What_is_not_there_is_said_and_leaves_no_file()
    {
        await using var servers = await NatsServers.StartAsync();
        var file = Path.Combine(_cimstore.Folder, "absent.cimstrbk");
        string[] where = ["--nats", servers.Url().ToString()];

        (await _cimstore.RunExactlyAsync(null, ["nats", "backup", "ABSENT", "-o", file, .. where])).Fails(3, "ABSENT");
        (await _cimstore.RunExactlyAsync(null, ["nats", "restore", file, .. where])).Fails(3, "absent.cimstrbk");
        (await _cimstore.RunExactlyAsync(null, "nats", "backup", "A", "-o", file, "--nats", "http://a"))
            .Fails(2, "nats://HOST:PORT");
        (await _cimstore.RunExactlyAsync(null, "nats", "backup", "A", "-o", file, "--nats", "nats://127.0.0.1:1"))
            .Fails(5, "NATS at");

        Assert.Empty(Directory.GetFiles(_cimstore.Folder));
    }
}

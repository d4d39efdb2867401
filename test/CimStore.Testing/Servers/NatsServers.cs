using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CimStore.Testing.Store;

namespace CimStore.Testing.Servers;

/// <summary>Real nats-server processes with JetStream on file storage: one, or a cluster on loopback.</summary>
public sealed class NatsServers : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    private readonly TempDirectory _folder = new();
    private readonly string _program;
    private readonly int[] _clientPorts;
    private readonly int[] _routePorts;
    private readonly ServerProcess?[] _running;

    private NatsServers(string program, int count)
    {
        _program = program;
        _running = new ServerProcess?[count];
        var ports = ServerProcess.FreePorts(count * 2);
        (_clientPorts, _routePorts) = (ports[..count], ports[count..]);
    }

    /// <summary>How to reach the first, or any other.</summary>
    public Uri Url(int index = 0) => new($"nats://127.0.0.1:{_clientPorts[index]}");

    public IReadOnlyList<Uri> Urls => [.. _clientPorts.Select((_, index) => Url(index))];

    public ServerProcess Server(int index = 0) => _running[index]
        ?? throw new InvalidOperationException("It is not running.");

    /// <param name="count">1, or 3 for a cluster.</param>
    /// <param name="extra">Lines for the configuration of each.</param>
    /// <param name="program">Another nats-server than the installed one.</param>
    /// <param name="jetStreamExtra">Lines for its block of JetStream; null starts without JetStream.</param>
    public static async Task<NatsServers> StartAsync(
        int count = 1, string extra = "", string? program = null, string? jetStreamExtra = "")
    {
        var servers = new NatsServers(program ?? ServerProcess.Require("nats-server", "nats-server"), count);
        for (var index = 0; index < count; index++)
        {
            await File.WriteAllTextAsync(servers.ConfigurationFile(index), servers.Text(index, extra, jetStreamExtra));
            await servers.StartAsync(index);
        }

        return servers;
    }

    /// <summary>Starts one again that was killed, on what it had written.</summary>
    public async Task StartAsync(int index)
    {
        var log = Path.Combine(_folder.Path, $"n{index}.log");
        _running[index] = await ServerProcess.StartAsync(log, _program, "-c", ConfigurationFile(index));
        var started = Stopwatch.GetTimestamp();
        while (!await AnswersAsync(_clientPorts[index]))
        {
            if (Stopwatch.GetElapsedTime(started) > StartPatience)
            {
                throw new TimeoutException($"nats-server does not answer: {await File.ReadAllTextAsync(log)}");
            }

            await Task.Delay(20);
        }
    }

    public void Kill(int index)
    {
        Server(index).Dispose();
        _running[index] = null;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var server in _running)
        {
            server?.Dispose();
        }

        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private string ConfigurationFile(int index) => Path.Combine(_folder.Path, $"n{index}.conf");

    private string Text(int index, string extra, string? jetStreamExtra)
    {
        var store = Path.Combine(_folder.Path, $"n{index}");
        var text = $"server_name: n{index}\nlisten: 127.0.0.1:{_clientPorts[index]}\n{extra}\n";
        if (jetStreamExtra is not null)
        {
            text += $"jetstream {{\n  store_dir: \"{store}\"\n  {jetStreamExtra}\n}}\n";
        }

        if (_running.Length > 1)
        {
            var routes = string.Join(", ", _routePorts.Select(port => string.Create(
                CultureInfo.InvariantCulture, $"\"nats://127.0.0.1:{port}\"")));
            text += $"cluster {{\n  name: cim-cluster\n  listen: 127.0.0.1:{_routePorts[index]}\n"
                + $"  routes: [{routes}]\n}}\n";
        }

        return text;
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            var buffer = new byte[4];
            return await client.GetStream().ReadAtLeastAsync(buffer, buffer.Length) == buffer.Length
                && buffer.AsSpan().SequenceEqual("INFO"u8);
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            return false;
        }
    }
}

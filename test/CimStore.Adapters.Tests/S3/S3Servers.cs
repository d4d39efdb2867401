using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CimStore.Adapters.Tests.S3;
using CimStore.Testing;

[assembly: Xunit.AssemblyFixture(typeof(S3Servers))]

namespace CimStore.Adapters.Tests.S3;

/// <summary>
/// Real servers for the whole run, each started by the first test that asks for it and ended with the run: also when
/// the test process is killed, since both watch it.
/// </summary>
public sealed class S3Servers : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeMax = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("cimstore-s3-").FullName;
    private readonly Lazy<Task<S3Endpoint>> _ceph;
    private readonly Lazy<Task<S3Endpoint>> _s3rver;
    private Process? _node;

    public S3Servers()
    {
        _ceph = new Lazy<Task<S3Endpoint>>(StartCephAsync);
        _s3rver = new Lazy<Task<S3Endpoint>>(StartS3rverAsync);
    }

    private string CephFolder => Path.Combine(_folder, "ceph");

    /// <summary>Ceph's gateway over an erasure-coded pool.</summary>
    public Task<S3Endpoint> CephAsync()
    {
        Requirement.Programs(
            ("ceph-mon", "ceph-mon"), ("ceph-osd", "ceph-osd"), ("radosgw", "radosgw"), ("ceph", "ceph-common"));
        return _ceph.Value;
    }

    /// <summary>An emulator that knows less than it seems to.</summary>
    public async Task<S3Endpoint> S3rverAsync()
    {
        await NodePackages.RequireAsync();
        return await _s3rver.Value;
    }

    public async ValueTask DisposeAsync()
    {
        if (_ceph.IsValueCreated)
        {
            await RunAsync("ceph-stop.sh", CephFolder);
        }

        if (_node is not null)
        {
            _node.StandardInput.Close();
            await _node.WaitForExitAsync();
            _node.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task<S3Endpoint> StartCephAsync()
    {
        var (s3, monitor) = (FreePort(), FreePort());
        var said = await RunAsync("ceph-start.sh", CephFolder, $"{s3}", $"{monitor}", $"{Environment.ProcessId}");
        var words = said.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Split(' ');
        return new S3Endpoint(new Uri(words[0]), words[1], words[2], CimStore.S3.S3Profile.Ceph);
    }

    private async Task<S3Endpoint> StartS3rverAsync()
    {
        var folder = await NodePackages.RequireAsync();
        var data = Directory.CreateDirectory(Path.Combine(_folder, "s3rver")).FullName;
        var start = new ProcessStartInfo("node", ["s3-server.mjs", data])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _node = Process.Start(start)!;
        using var limit = new CancellationTokenSource(StartTimeMax);
        var line = await _node.StandardOutput.ReadLineAsync(limit.Token);
        using var said = JsonDocument.Parse(line!);
        var port = said.RootElement.GetProperty("port").GetInt32();
        return new S3Endpoint(
            new Uri($"http://127.0.0.1:{port}"), "S3RVER", "S3RVER", CimStore.S3.S3Profile.Generic);
    }

    private static async Task<string> RunAsync(string script, params string[] arguments)
    {
        // Not by a pipe for the errors: the daemons inherit it, and it would never end.
        var start = new ProcessStartInfo(Path.Combine(ScriptFolder(), script), arguments)
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(StartTimeMax);
        var said = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0
            ? said
            : throw new InvalidOperationException($"{script} ended with {process.ExitCode}: {said}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string ScriptFolder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "servers"));
}

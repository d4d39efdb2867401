using System.Diagnostics;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>`cimstore serve` on a free port, for as long as a test needs it.</summary>
public sealed class ServedStore : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private ServedStore(Process process, string address, Task<string> errors) =>
        (_process, Address, _errors) = (process, address, errors);

    public string Address { get; }

    public int ProcessId => _process.Id;

    /// <param name="configuration">JSON; what is not in it is the default.</param>
    public static async Task<ServedStore> StartAsync(
        Cimstore cimstore, string configuration = "{}", string listen = "http://127.0.0.1:0")
    {
        var process = cimstore.Start(
            "serve", "--listen", listen, "--config", cimstore.Write("serve.json", configuration),
            "--data", cimstore.Data, "--force-unsafe");
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var address = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        return address is not null
            ? new ServedStore(process, address, errors)
            : throw new InvalidOperationException("The node did not start: " + await errors);
    }

    /// <summary>What it wrote to standard error; completes when it has ended.</summary>
    public Task<string> Errors => _errors;

    /// <summary>SIGKILL: no time to tidy up.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>SIGTERM, as an init system sends it.</summary>
    public async Task<int> StopAsync()
    {
        await AskToStopAsync();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async Task AskToStopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The most memory the node ever had resident, as the kernel counted it.</summary>
    public long ResidentPeakBytes()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status")
            .Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
            System.Globalization.CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        await _errors;
        _process.Dispose();
    }
}

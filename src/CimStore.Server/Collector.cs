using CimStore.Engine;
using CimStore.Server.Tiers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CimStore.Server;

/// <summary>
/// Tells what was read, releases what is over its grace and gives its space back, while the node serves. One
/// run at a time; a run that takes longer than the interval is followed by one more, not by all it missed.
/// </summary>
internal sealed class Collector : BackgroundService
{
    private const string CollectWork = "collect";

    private readonly StorageNode? _engine;
    private readonly PeriodicTimer? _timer;
    private readonly ILogger<Collector> _log;
    private readonly SharedWork _shared;
    private volatile string? _failure;

    public Collector(
        IStorageClient node, ServerOptions options, SharedWork shared, TimeProvider time, ILogger<Collector> log)
    {
        _shared = shared;
        // A client that is not the engine itself speaks to one, and that one collects.
        _engine = node as StorageNode;
        _log = log;
        if (_engine is not null && options.CollectInterval > TimeSpan.Zero)
        {
            _timer = new PeriodicTimer(options.CollectInterval, time);
        }
    }

    /// <summary>Why the last run failed; null when it did not.</summary>
    public string? Failure => _failure;

    public override void Dispose()
    {
        _timer?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var sharing = _timer is null ? Task.CompletedTask : _shared.RunAsync(CollectWork, HoldAsync, stoppingToken);
        try
        {
            while (_timer is not null && await _timer.WaitForNextTickAsync(stoppingToken))
            {
                await RunAsync(async engine =>
                {
                    await engine.TellReadsAsync(stoppingToken);
                    if (_shared.Holds(CollectWork))
                    {
                        await engine.CollectAsync(stoppingToken);
                    }
                });
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops. What is half done is no harm: the next run, of any process, goes on from there.
        }

        await sharing;
        if (_timer is not null)
        {
            await RunAsync(async engine => await engine.TellReadsAsync(CancellationToken.None));
        }
    }

    /// <summary>What was read is told by each node; what is given up, by one.</summary>
    private static async Task HoldAsync(CancellationToken cancellationToken) =>
        await Task.Delay(Timeout.Infinite, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task RunAsync(Func<StorageNode, Task> run)
    {
        try
        {
            await run(_engine!);
            _failure = null;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // A full or failing disk must not end the loop: health says so, and the next run tries again.
            Log.CollectFailed(_log, failure);
            _failure = failure.Message;
        }
    }
}

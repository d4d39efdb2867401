using CimStore.Engine;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Tiers;

/// <summary>Moves and copies what is due, cycle by cycle, while the node serves.</summary>
internal sealed class TierWorker : BackgroundService
{
    private readonly Scavenger? _scavenger;
    private readonly PeriodicTimer? _timer;
    private readonly ILogger<TierWorker> _log;
    private volatile string? _failure;

    public TierWorker(IStorageClient node, TimeProvider time, ILogger<TierWorker> log)
    {
        // A client that is not the engine itself speaks to one, and that one does it.
        _scavenger = (node as StorageNode)?.Scavenger;
        _log = log;
        _timer = _scavenger is null ? null : new PeriodicTimer(_scavenger.Cycle, time);
    }

    /// <summary>Why the last cycle failed; null when it did not.</summary>
    public string? Failure => _failure;

    public override void Dispose()
    {
        _timer?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (_timer is not null && await _timer.WaitForNextTickAsync(stoppingToken))
            {
                await RunAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops. A move that was begun is garbage or done; the next cycle knows which.
        }
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            await _scavenger!.RunAsync(stoppingToken);
            _failure = null;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // A location that fails must not end the loop: health says so, and the next cycle tries again.
            Log.CycleFailed(_log, failure);
            _failure = failure.Message;
        }
    }
}

using CimStore.Engine;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Tiers;

/// <summary>
/// What a node with several locations does by itself while it serves: moves and copies what is due, proves copies
/// again, compares locations with the catalog, runs jobs. None of them waits for another.
/// </summary>
internal sealed class TierWorker : BackgroundService
{
    private static readonly TimeSpan AgainAfter = TimeSpan.FromHours(1);

    private readonly StorageNode? _node;
    private readonly TimeProvider _time;
    private readonly ILogger<TierWorker> _log;
    private volatile string? _moving;
    private volatile string? _proving;
    private readonly SharedWork _shared;
    private volatile string? _working;
    private volatile string? _comparing;
    private volatile string? _differing;
    private string? _cursor;
    private long? _comparedAt;

    public TierWorker(IStorageClient node, SharedWork shared, TimeProvider time, ILogger<TierWorker> log)
    {
        _shared = shared;
        // A client that is not the engine itself speaks to one, and that one does it.
        _node = node as StorageNode is { Scavenger: not null } engine ? engine : null;
        (_time, _log) = (time, log);
    }

    /// <summary>Why the last cycle failed; null when it did not.</summary>
    public string? Failure => _moving ?? _proving ?? _comparing ?? _working;

    /// <summary>What the last comparison with the locations found; null when all was well.</summary>
    public string? Difference => _differing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_node is not { Scavenger: { } scavenger, Scrubber: { } scrubber } node)
        {
            return;
        }

        await Task.WhenAll(
            ShareAsync(
                "scavenge", async token => await scavenger.RunAsync(token), failure => _moving = failure,
                stoppingToken),
            ShareAsync(
                "scrub", async token => await scrubber.RunAsync(null, token), failure => _proving = failure,
                stoppingToken),
            ShareAsync(
                "compare", async token => await CompareAsync(node, token), failure => _comparing = failure,
                stoppingToken),
            RunAsync(
                async token =>
                {
                    // It returns at a stop only: that it runs is that it is well.
                    _working = null;
                    await (node.Jobs?.RunAsync(token) ?? Task.CompletedTask);
                },
                failure => _working = failure, stoppingToken, isAtOnce: true));
    }

    /// <summary>In a cluster on one node at a time.</summary>
    private Task ShareAsync(
        string work, Func<CancellationToken, Task> run, Action<string?> tell, CancellationToken stoppingToken) =>
        _shared.RunAsync(work, token => RunAsync(run, tell, token), stoppingToken);

    /// <summary>Once in every cycle, and after a failure again in the next one. At once where somebody waits for it.
    /// </summary>
    private async Task RunAsync(
        Func<CancellationToken, Task> run, Action<string?> tell, CancellationToken stoppingToken,
        bool isAtOnce = false)
    {
        using var timer = new PeriodicTimer(_node!.Scavenger!.Cycle, _time);
        try
        {
            while (isAtOnce || await timer.WaitForNextTickAsync(stoppingToken))
            {
                isAtOnce = false;
                tell(await TryAsync(run, stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops. What was begun is garbage or done; the next cycle knows which.
        }
    }

    /// <returns>Why it failed; null when it did not.</returns>
    private async ValueTask<string?> TryAsync(Func<CancellationToken, Task> run, CancellationToken stoppingToken)
    {
        try
        {
            await run(stoppingToken);
            return null;
        }
        catch (Exception failure) when (
            failure is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
        {
            // A location that fails must not end the loop: health says so, and the next cycle tries again.
            Log.CycleFailed(_log, failure);
            return failure.Message;
        }
    }

    /// <summary>
    /// Soon after the start, for what a crash left behind, and once in a scrub cycle; after one that found something
    /// wrong again within the hour. It releases what no record names only where the object is safe without it.
    /// </summary>
    private async ValueTask CompareAsync(StorageNode node, CancellationToken stoppingToken)
    {
        var every = _differing is null ? node.Scavenger!.ScrubCycle : AgainAfter;
        if (_comparedAt is { } at && _time.GetElapsedTime(at) < every)
        {
            return;
        }

        var (count, first) = (0L, "");
        var request = new FsckRequest { IsMending = true, IsPaced = true, After = _cursor };
        try
        {
            await foreach (var step in node.FsckAsync(request, stoppingToken))
            {
                if (step is CheckStep.Found { IsWell: false } found)
                {
                    (count, first) = (count + 1, count == 0 ? $"{found.What}: {found.Detail}" : first);
                }

                // Should it fail on the way, the next cycle goes on from here.
                _cursor = step is CheckStep.Working { Cursor: { } reached } ? reached : _cursor;
            }
        }
        catch (RefusedException)
        {
            // Somebody checks the store right now: in the next cycle then.
            return;
        }

        (_comparedAt, _cursor) = (_time.GetTimestamp(), null);
        _differing = count == 0 ? null : $"{count} findings of 'cimstore fsck' are not well; the first: {first}";
        if (_differing is { } difference)
        {
            Log.LocationsDiffer(_log, difference);
        }
    }
}

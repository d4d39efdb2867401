using System.Diagnostics;
using CimStore.Bench.Peers;

namespace CimStore.Bench.Store;

/// <summary>Closed-loop load: so many callers, each making its next request when the last was answered.</summary>
internal sealed class Load(int count, int inFlight, TimeSpan? limit = null)
{
    /// <summary>A turn ends here even when it is not through: a slow contender must not eat the hour.</summary>
    public static readonly TimeSpan TurnMax = TimeSpan.FromSeconds(30);

    private const ulong Scatter = 2654435761;

    private readonly long[] _ticks = new long[count];
    private int _next = -1;
    private int _answered;
    private volatile bool _isStopped;

    public TimeSpan Elapsed { get; private set; }

    /// <summary>Processor time of the whole process, helpers and callers included.</summary>
    public TimeSpan Worked { get; private set; }

    public double WorkedMicrosecondsEach => Worked.TotalMicroseconds / _answered;

    public int Answered => _answered;

    public double PerSecond => _answered / Elapsed.TotalSeconds;

    public double PercentileMicroseconds(double share)
    {
        var sorted = _ticks.Where(t => t > 0).Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))] * 1e6 / Stopwatch.Frequency;
    }

    /// <summary>No further request is begun.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>Puts fresh contents: random bytes with seed and index stamped in, so that none repeats.</summary>
    public Task PutAsync(IContender contender, int sizeBytes, int seed, int firstIndex = 0) =>
        RunAsync(contender.HoldsThread && inFlight > 1, () =>
        {
            var content = Bytes.Random(sizeBytes, seed);
            return index =>
            {
                Bytes.Stamp(content, seed, firstIndex + index);
                return contender.PutAsync(firstIndex + index, content);
            };
        });

    /// <summary>
    /// Gets contents in a scattered order out of the first <paramref name="storedCount"/>; so many gets meet each once.
    /// </summary>
    public Task GetAsync(IContender contender, int sizeBytes, int storedCount) =>
        RunAsync(false, () =>
        {
            var buffer = new byte[sizeBytes];
            return async index =>
            {
                var length = await contender.GetAsync((int)((ulong)index * Scatter % (ulong)storedCount), buffer);
                if (length != sizeBytes)
                {
                    throw new InvalidDataException($"{contender.Name} returned {length} bytes of {sizeBytes}.");
                }
            };
        });

    private async Task RunAsync(bool onThreads, Func<Func<int, ValueTask>> caller)
    {
        var requests = Enumerable.Range(0, inFlight).Select(_ => caller()).ToArray();
        using var timer = new Timer(_ => Stop(), null, limit ?? TurnMax, Timeout.InfiniteTimeSpan);
        var workedBefore = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(requests.Select(request => Start(onThreads, request)));
        Elapsed = Stopwatch.GetElapsedTime(started);
        Worked = Environment.CpuUsage.TotalTime - workedBefore;
    }

    private Task Start(bool onThread, Func<int, ValueTask> request) => onThread
        ? Task.Factory.StartNew(
            () => LoopAsync(request).GetAwaiter().GetResult(), CancellationToken.None,
            TaskCreationOptions.LongRunning, TaskScheduler.Default)
        : Task.Run(() => LoopAsync(request));

    private async Task LoopAsync(Func<int, ValueTask> request)
    {
        var answered = 0;
        for (int index; !_isStopped && (index = Interlocked.Increment(ref _next)) < count; answered++)
        {
            var started = Stopwatch.GetTimestamp();
            await request(index);
            _ticks[index] = Stopwatch.GetTimestamp() - started;
        }

        Interlocked.Add(ref _answered, answered);
    }
}

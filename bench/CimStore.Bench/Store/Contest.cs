using CimStore.Bench.Peers;

namespace CimStore.Bench.Store;

/// <summary>
/// Runs contenders against one another: each turn in a fresh directory, the order turned round from one round to the
/// next (A B, B A, ...), the disk settled before each turn.
/// </summary>
internal sealed class Contest(StoreOptions options, Report report)
{
    private readonly DiskCounter _disk = new(options.Folder);
    private readonly HashSet<string> _warm = [];
    private int _turn;

    /// <summary>All of the contenders that this run admits, in one process.</summary>
    public async Task RunAsync(
        string row, IEnumerable<string> contenders, int rounds, int objectCount,
        Func<IContender, int, Task<Sample>> turn)
    {
        var names = contenders.Where(n => options.Peers.Count == 0 || options.Peers.Contains(n));
        await AlternateAsync(row, rounds, [.. names.Select(name => (name, Turn(name)))]);

        Func<string, Task<Sample>> Turn(string name) => async folder =>
        {
            await WarmAsync(name);
            GC.Collect();
            var writtenBefore = _disk.WrittenBytes();
            Sample sample;
            await using (var contender = await Field.All[name](folder, objectCount))
            {
                sample = await turn(contender, Interlocked.Increment(ref _turn));
            }

            // Counted after the clean stop: work put off is not work saved.
            if (sample.Remove(Metric.WrittenPerStored, out var storedBytes))
            {
                LinuxFiles.SyncAll();
                sample[Metric.WrittenPerStored] = (_disk.WrittenBytes() - writtenBefore) / storedBytes;
            }

            return sample;
        };
    }

    /// <summary>
    /// A few seconds of puts and gets, not measured, before a contender's first turn: the runtime compiles what is hot,
    /// and a short row would measure that.
    /// </summary>
    private async Task WarmAsync(string name)
    {
        if (!_warm.Add(name))
        {
            return;
        }

        const int Count = 40_000;
        using var folder = new BenchFolder(options.Folder);
        await using var contender = await Field.All[name](folder.Path, 2 * Count);
        var limit = TimeSpan.FromSeconds(3);
        var many = new Load(Count, 64, limit);
        await many.PutAsync(contender, PutRows.SmallSizeBytes, 0);
        await new Load(Count, 1, limit).PutAsync(contender, PutRows.SmallSizeBytes, 0, Count);
        await new Load(Count, 1, limit).GetAsync(contender, PutRows.SmallSizeBytes, many.Answered);
    }

    /// <summary>Anything that can take a turn in a directory: whole programs too.</summary>
    public async Task AlternateAsync(
        string row, int rounds, IReadOnlyList<(string Name, Func<string, Task<Sample>> Turn)> contenders)
    {
        var samples = contenders.ToDictionary(c => c.Name, _ => new List<Sample>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (name, turn) in round % 2 == 0 ? contenders : contenders.Reverse())
            {
                using var folder = new BenchFolder(options.Folder);
                LinuxFiles.SyncAll();
                samples[name].Add(await turn(folder.Path));
            }
        }

        foreach (var (name, _) in contenders)
        {
            report.Add(row, name, samples[name]);
        }
    }
}

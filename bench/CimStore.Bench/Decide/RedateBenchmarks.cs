using BenchmarkDotNet.Attributes;
using CimStore.Content;
using CimStore.Disk.Lifecycle;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Bench.Decide;

/// <summary>
/// 50,000 objects dated anew in their index, as the scavenger does it after a change of policy: pages of 1,024 are
/// listed, decided and written. The policies take turns, so that most dates change.
/// </summary>
/// <remarks>
/// Required are 50,000 objects a second on one core, so 20 µs for each; expected on a shared 2.5 GHz core are 6 to 7.
/// </remarks>
[MemoryDiagnoser]
public class RedateBenchmarks
{
    private const int Count = 50_000;
    private const int PageSize = 1024;

    private readonly string _path = Directory.CreateTempSubdirectory("cimstore-redate-").FullName;
    private readonly DueDating[] _datings =
        [new(MigrationPolicies.Adaptive, RandomFacts.Tiers), new(MigrationPolicies.SeedV1, RandomFacts.Tiers)];

    private DueIndex? _index;
    private int _turn;

    [GlobalSetup]
    public async Task Fill()
    {
        _index = DueIndex.Open(_path, new Lsn(0));
        var changes = RandomFacts.Make(Count).Select((facts, number) =>
        {
            var digest = new byte[Blake3.HashSizeBytes];
            Blake3.Hash(BitConverter.GetBytes(number), digest);
            var key = ContentKey.Shared(Cid.ForRaw(digest));
            var record = new DueRecord(key, facts, 0, null, null);
            return new DueChange(key, null, _datings[1].Date(record, RandomFacts.Now));
        });
        foreach (var page in changes.Chunk(PageSize))
        {
            await _index.ApplyAsync(page, new Lsn(0), CancellationToken.None);
        }
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public async Task<int> Redate()
    {
        var dating = _datings[_turn++ % _datings.Length];
        ContentKey? last = null;
        var redated = 0;
        IReadOnlyList<DueRecord> page;
        do
        {
            page = await _index!.ListAsync(last, PageSize, CancellationToken.None);
            var changes = page.Select(record =>
                new DueChange(record.Key, record, dating.Date(record, RandomFacts.Now))).ToList();
            await _index.ApplyAsync(changes, _index.Seen, CancellationToken.None);
            last = page.Count > 0 ? page[^1].Key : last;
            redated += changes.Count;
        }
        while (page.Count == PageSize);

        return redated;
    }

    [GlobalCleanup]
    public async Task Remove()
    {
        await _index!.DisposeAsync();
        Directory.Delete(_path, recursive: true);
    }
}

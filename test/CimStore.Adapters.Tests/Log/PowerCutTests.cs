using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>The power goes at every operation of a workload; every promise given until then is kept.</summary>
public sealed class PowerCutTests
{
    private const int Fates = 6;

    /// <summary>
    /// The syncs of the log and of what it stands on, each with the workload that cannot do without it. Upper layers
    /// have their own suites for theirs.
    /// </summary>
    public static TheoryData<string, string> SyncPoints => new()
    {
        { nameof(SyncPoint.LogBatch), "life" },
        { nameof(SyncPoint.LogMark), "idle" },
        { nameof(SyncPoint.LogSegment), "life" },
        { nameof(SyncPoint.LogSegmentName), "life" },
        { nameof(SyncPoint.LogRecoveredTail), "death" },
        { nameof(SyncPoint.LogDrop), "life" },
        { nameof(SyncPoint.NewDirectory), "life" },
        { nameof(SyncPoint.DurableFile), "replace" },
        { nameof(SyncPoint.DurableName), "replace" },
    };

    [Theory]
    [InlineData("life", 500)]
    [InlineData("death", 100)]
    [InlineData("idle", 100)]
    [InlineData("replace", 100)]
    public async Task Every_promise_survives_a_power_cut_at_every_operation(string workload, int disksMin) =>
        Assert.True(await RunAsync(workload, [], Fates) >= disksMin);

    /// <summary>A sync whose removal no test notices is either useless or unproved.</summary>
    [Theory]
    [MemberData(nameof(SyncPoints))]
    public async Task Without_this_sync_a_promise_breaks(string point, string workload) =>
        await Assert.ThrowsAsync<PromiseBrokenException>(
            () => RunAsync(workload, [Enum.Parse<SyncPoint>(point)], Fates));

    private static Task<int> RunAsync(string workload, HashSet<SyncPoint> lies, int fates) => workload switch
    {
        "life" => RunAsync<LogPromises>(lies, LogWorkloads.LifeAsync, (d, p, s) => p.VerifyAsync(d, s), fates),
        "death" => RunAsync<LogPromises>(lies, LogWorkloads.DeathAsync, (d, p, s) => p.VerifyAsync(d, s), fates),
        "idle" => RunAsync<LogPromises>(lies, LogWorkloads.IdleAsync, VerifyMarkAsync, fates),
        _ => RunAsync<DurablePromises>(lies, DurablePromises.ReplaceAsync, DurablePromises.Verify, fates),
    };

    private static Task<int> RunAsync<TPromises>(
        HashSet<SyncPoint> lies,
        Func<SimulatedDisk, TPromises, Task> workload,
        Func<SimulatedDisk, TPromises, int, Task> verify,
        int fates)
        where TPromises : new() => PowerCuts.EverywhereAsync(
            () =>
            {
                var disk = new SimulatedDisk();
                disk.Lies.UnionWith(lies);
                return disk;
            },
            workload,
            verify,
            fates);

    /// <summary>
    /// A bit that flips in a record below a mark is damage to something acknowledged, never a torn tail.
    /// </summary>
    private static Task VerifyMarkAsync(SimulatedDisk left, LogPromises promises, int seed)
    {
        if (promises.Kept.LastOrDefault() is { } last && last.Entries[^1].Lsn == promises.MarkedLsn)
        {
            var entry = last.Entries[^1];
            var path = $"{LogPromises.Directory}/{LogFormat.SegmentName(entry.Position.Segment)}";
            left.FlipBit(path, entry.Position.Offset + entry.Position.LengthBytes - 1, seed % 8);
            var seen = new RecordingProjection();
            LogPromises.Open(left, seen);
            var finding = Assert.Single(seen.Corruption);
            Assert.Equal(LogFindingKind.CorruptRecord, finding.Kind);
            Assert.Equal(entry.Lsn, finding.FirstLsn);
            return Task.CompletedTask;
        }

        return promises.VerifyAsync(left, seed);
    }
}

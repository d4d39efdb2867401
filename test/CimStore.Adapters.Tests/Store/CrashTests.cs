using System.Diagnostics;
using System.Globalization;
using CimStore.Content;
using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>
/// A process stores under load and is killed with SIGKILL, at random and at named points, again and again on the same
/// directory: what it was told is there and is right, nothing else is half there, and the index follows from the log.
/// </summary>
public sealed class CrashTests
{
    private const int Lanes = 4;
    private const int RoundsPerLane = 50;
    private const int LinesMax = 150;

    private static readonly string[] Points =
    [
        nameof(SyncPoint.LogBatch), nameof(SyncPoint.LogSegment), nameof(SyncPoint.LogSegmentName),
        nameof(SyncPoint.LargeFile), nameof(SyncPoint.LargeTree), nameof(SyncPoint.LargeName),
        nameof(SyncPoint.LogDrop), "Write", "Rename", "Unlink",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_every_kill_all_that_was_acknowledged_is_there()
    {
        var kills = new int[Lanes];
        await Parallel.ForEachAsync(Enumerable.Range(0, Lanes), Token, async (lane, stop) =>
            kills[lane] = await RunAsync(lane, stop));

        Assert.True(kills.Sum() >= 200, $"{kills.Sum()} kills.");
    }

    private static async Task<int> RunAsync(int lane, CancellationToken stop)
    {
        using var directory = TempDirectory.InMemory();
        var promises = new Dictionary<Cid, Promise>();
        for (var round = 0; round < RoundsPerLane; round++)
        {
            // A lane that failed ends the others too.
            stop.ThrowIfCancellationRequested();
            var seed = (lane * RoundsPerLane) + round;
            var random = new Random(seed);
            try
            {
                await KillAsync(directory.Path, seed, random, promises);
                await VerifyAsync(directory.Path, random, promises);
            }
            catch (Exception broken)
            {
                throw new InvalidOperationException(
                    $"Lane {lane}, round {round}, seed {seed}: {broken.Message}", broken);
            }
        }

        return RoundsPerLane;
    }

    private static async Task KillAsync(
        string directory, int seed, Random random, Dictionary<Cid, Promise> promises)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        start.Environment[CrashChild.DirectoryVariable] = directory;
        start.Environment[CrashChild.SeedVariable] = seed.ToString(CultureInfo.InvariantCulture);
        if (seed % 2 == 0)
        {
            var (point, side) = (Points[random.Next(Points.Length)], random.Next(2) == 0 ? "" : " after");
            start.Environment[CrashChild.DieAtVariable] =
                string.Create(CultureInfo.InvariantCulture, $"{point} {random.Next(1, 8)}{side}");
        }

        using var child = Process.Start(start)!;
        var lines = random.Next(1, LinesMax);
        var isReady = false;
        while (await child.StandardOutput.ReadLineAsync(Token) is { } line)
        {
            isReady |= line == "ready";
            Note(line, seed, promises);
            if (--lines == 0)
            {
                child.Kill();
            }
        }

        await child.WaitForExitAsync(Token);
        Assert.True(isReady, "The child did not open the store.");
        Assert.Equal(137, child.ExitCode);
    }

    private static void Note(string line, int seed, Dictionary<Cid, Promise> promises)
    {
        if (line == "ready" || !int.TryParse(line.AsSpan(1), CultureInfo.InvariantCulture, out var number))
        {
            return;
        }

        var content = CrashChild.Content(seed, number);
        var cid = Sample.Key(content).Cid;
        promises[cid] = line[0] switch
        {
            'S' => new Promise(seed, number, MayBeGone: false, IsGone: false),
            'd' => promises[cid] with { MayBeGone = true },
            _ => promises[cid] with { IsGone = true },
        };
    }

    private static async Task VerifyAsync(string directory, Random random, Dictionary<Cid, Promise> promises)
    {
        var isMadeAnew = random.Next(8) == 0;
        if (isMadeAnew)
        {
            Directory.Delete(Path.Combine(directory, "index"), recursive: true);
        }

        await using var store = await DiskStore.OpenAsync(CrashChild.Options(directory), TimeProvider.System, Token);
        Assert.DoesNotContain(
            store.Warnings, static warning => !warning.Contains("--force-unsafe", StringComparison.Ordinal));
        foreach (var (cid, promise) in promises)
        {
            var bytes = await Sample.ReadAsync(store, ContentKey.Shared(cid), Token);
            if (promise.IsGone)
            {
                Assert.Null(bytes);
            }
            else if (bytes is not null || !promise.MayBeGone)
            {
                Assert.Equal(CrashChild.Content(promise.Seed, promise.Number), bytes);
            }
        }

        await foreach (var record in store.ListAsync(DedupDomain.Shared, null, Token))
        {
            var bytes = await Sample.ReadAsync(store, record.Key, Token);
            Assert.NotNull(bytes);
            Assert.Equal(record.Key, Sample.Key(bytes));
        }

        await VerifyChainAsync(store);
        if (isMadeAnew || random.Next(5) == 0)
        {
            Assert.Empty(await store.CheckAsync(Token));
        }
    }

    private static async Task VerifyChainAsync(DiskStore store)
    {
        Cid? previous = null;
        await foreach (var entry in store.ReadAsync(Lsn.None, Token))
        {
            Assert.Equal(previous, entry.PreviousCid);
            previous = entry.EventCid;
        }
    }

    private sealed record Promise(int Seed, int Number, bool MayBeGone, bool IsGone);
}

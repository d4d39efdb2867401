using System.Globalization;
using CimStore.Crashing;
using CimStore.Disk.Files;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Crash;

/// <summary>
/// A process stores under load and is killed with SIGKILL again and again, at random and at named points; what it was
/// promised is there afterwards, whole, nothing else is, and the index follows from the log.
/// </summary>
public sealed class SigKillTests
{
    /// <summary>Another seed runs other rounds: set it to see a failure again, or to look further.</summary>
    private const string SeedVariable = "CIMSTORE_CRASH_SEED";

    /// <summary>How many children each lane starts, when it is not to be the usual number.</summary>
    private const string RoundsVariable = "CIMSTORE_CRASH_ROUNDS";

    /// <summary>Some half a second of a core each.</summary>
    private const int RoundsPerLane = 60;
    private const int RoundsPerFreshDirectory = 7;
    private const int RoundsPerMemoryDirectory = 30;

    /// <summary>Of the children, two hundred as a rule; the others close their store in peace.</summary>
    private const double KilledShareMin = 0.84;

    /// <summary>Fewer than a child tells that lives to its end.</summary>
    private const int ReportsMax = 150;

    private static readonly string[] SyncPoints =
        [.. Enum.GetNames<SyncPoint>().Where(static name =>
            name is not (nameof(SyncPoint.UploadBytes) or nameof(SyncPoint.UploadName)))];

    private static readonly string[] Operations =
    [
        nameof(DiskOperation.Create), nameof(DiskOperation.Write), nameof(DiskOperation.Allocate),
        nameof(DiskOperation.Truncate), nameof(DiskOperation.WriteOut), nameof(DiskOperation.Rename),
        nameof(DiskOperation.Unlink),
        CrashPoint.Any, CrashPoint.Any,
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acknowledged_survives_sigkill_and_nothing_else_is_visible()
    {
        var seed = int.Parse(
            Environment.GetEnvironmentVariable(SeedVariable) ?? "20261122", CultureInfo.InvariantCulture);

        var rounds = int.Parse(
            Environment.GetEnvironmentVariable(RoundsVariable) ?? $"{RoundsPerLane}", CultureInfo.InvariantCulture);

        // Four at a time. Two on the real file system, of which one has a directory that lives through all the kills
        // and one takes fresh ones; nobody looks at half of what they leave. Two in memory, looked at after each death.
        var lanes = await Task.WhenAll(
            RunLaneAsync(new Lane(seed, 0, rounds, rounds)),
            RunLaneAsync(new Lane(seed, 1, rounds, RoundsPerFreshDirectory)),
            RunLaneAsync(new Lane(seed, 2, rounds, RoundsPerMemoryDirectory) { IsInMemory = true }),
            RunLaneAsync(new Lane(seed, 3, rounds, RoundsPerMemoryDirectory) { IsInMemory = true }));

        var (kills, promises) = (lanes.Sum(static lane => lane.Kills), lanes.Sum(static lane => lane.Promises));
        TestContext.Current.SendDiagnosticMessage($"{kills} kills, {promises} promises, seed {seed}.");

        var children = lanes.Length * rounds;
        Assert.True(kills >= children * KilledShareMin, $"Only {kills} of {children} children were killed.");
    }

    private static async Task<(int Kills, int Promises)> RunLaneAsync(Lane lane)
    {
        await Task.Yield();
        var random = new Random(lane.Seed);
        var (kills, promises) = (0, 0);
        for (var first = 0; first < lane.Rounds; first += lane.RoundsPerDirectory)
        {
            var ledger = new CrashLedger();
            var directory = lane.NewDirectory();
            for (var round = first; round < Math.Min(lane.Rounds, first + lane.RoundsPerDirectory); round++)
            {
                var life = NextLife(random, directory, (lane.Seed * 10_000L) + round);
                await LiveAsync(life, $"{lane}, {life}. The directory is left in {directory}.", ledger);
                kills += life.WasKilled ? 1 : 0;
                var hasLostIndex = LoseIndex(random, directory);
                if (lane.IsInMemory || random.Next(2) == 0)
                {
                    var isChecked = hasLostIndex || !lane.IsInMemory || random.Next(5) == 0;
                    await VerifyAsync(ledger, directory, $"{lane}, {life}", isChecked);
                }
            }

            await VerifyAsync(ledger, directory, $"{lane}, at the end", isChecked: true);
            promises += ledger.Promises;
            Directory.Delete(directory, recursive: true);
        }

        return (kills, promises);
    }

    private static async Task LiveAsync(CrashLife life, string where, CrashLedger ledger)
    {
        try
        {
            await life.RunAsync(ledger, Token);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new InvalidOperationException(where, failure);
        }
    }

    /// <summary>Now and then the log is all that is left, for who looks or for the next child.</summary>
    private static bool LoseIndex(Random random, string directory)
    {
        var index = Path.Combine(directory, "index");
        var isLost = random.Next(8) == 0 && Directory.Exists(index);
        if (isLost)
        {
            Directory.Delete(index, recursive: true);
        }

        return isLost;
    }

    /// <summary>
    /// When nobody looks, the next child recovers by itself, and may die while it does.
    /// </summary>
    private static async Task VerifyAsync(CrashLedger ledger, string directory, string where, bool isChecked)
    {
        try
        {
            await ledger.VerifyAsync(directory, isChecked, Token);
        }
        catch (Exception broken) when (broken is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{where}. The directory is left in {directory}.", broken);
        }
    }

    private static CrashLife NextLife(Random random, string directory, long seed)
    {
        var moment = (CrashMoment)random.Next(3);
        var (syncPoint, operation) =
            (SyncPoints[random.Next(SyncPoints.Length)], Operations[random.Next(Operations.Length)]);
        if (random.Next(20) == 0)
        {
            return new CrashLife(directory, seed, null, null);
        }

        return random.Next(5) switch
        {
            0 or 1 => new CrashLife(directory, seed, null, random.Next(ReportsMax)),
            2 or 3 => new CrashLife(
                directory, seed, new CrashPoint(operation, moment, random.Next(operation == CrashPoint.Any ? 200 : 8)),
                ReportsMax),

            // The place may be met rarely, or never: then the parent's hand is next.
            _ => new CrashLife(directory, seed, new CrashPoint(syncPoint, moment, random.Next(8)), ReportsMax),
        };
    }

    private sealed record Lane(int FirstSeed, int Number, int Rounds, int RoundsPerDirectory)
    {
        public int Seed => FirstSeed + Number;

        public bool IsInMemory { get; init; }

        public string NewDirectory() => IsInMemory
            ? TempDirectory.NewInMemory()
            : Directory.CreateTempSubdirectory("cimstore-crash-").FullName;

        public override string ToString() => $"{SeedVariable}={FirstSeed}, lane {Number}";
    }
}

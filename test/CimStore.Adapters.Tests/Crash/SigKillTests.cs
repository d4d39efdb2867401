using System.Globalization;
using CimStore.Crashing;
using CimStore.Disk.Files;
using Xunit;

namespace CimStore.Adapters.Tests.Crash;

/// <summary>
/// A process stores under load on the real file system and is killed with SIGKILL again and again; what it was promised
/// is there afterwards, whole, and nothing else is.
/// </summary>
public sealed class SigKillTests
{
    /// <summary>Another seed runs other rounds: set it to see a failure again, or to look further.</summary>
    private const string SeedVariable = "CIMSTORE_CRASH_SEED";

    /// <summary>How many children each of the two lanes starts, when it is not to be the usual number.</summary>
    private const string RoundsVariable = "CIMSTORE_CRASH_ROUNDS";

    /// <summary>Some half a second of a core each; CrashTests kills two hundred more.</summary>
    private const int RoundsPerLane = 40;
    private const int RoundsPerFreshDirectory = 7;
    private const int ReportsMax = 160;

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

        // Two at a time, one on a directory that lives long and one on fresh ones.
        var lanes = await Task.WhenAll(
            Task.Run(() => RunLaneAsync(seed, rounds, rounds), Token),
            Task.Run(() => RunLaneAsync(seed + 1, rounds, RoundsPerFreshDirectory), Token));

        var (kills, promises) = (lanes.Sum(static lane => lane.Kills), lanes.Sum(static lane => lane.Promises));
        TestContext.Current.SendDiagnosticMessage($"{kills} kills, {promises} promises, seed {seed}.");

        // A child that never meets its point closes its store in peace: that is looked at as well.
        Assert.True(kills >= rounds, $"Only {kills} of {2 * rounds} children were killed.");
    }

    private static async Task<(int Kills, int Promises)> RunLaneAsync(int seed, int rounds, int roundsPerDirectory)
    {
        var random = new Random(seed);
        var (kills, promises) = (0, 0);
        for (var first = 0; first < rounds; first += roundsPerDirectory)
        {
            var ledger = new CrashLedger();
            var directory = Directory.CreateTempSubdirectory("cimstore-crash-").FullName;
            for (var round = first; round < Math.Min(rounds, first + roundsPerDirectory); round++)
            {
                var life = NextLife(random, directory, (seed * 10_000L) + round);
                await LiveAsync(life, ledger, directory, seed, isLookedAt: random.Next(2) == 0);
                kills += life.WasKilled ? 1 : 0;
            }

            await VerifyAsync(ledger, directory, $"{SeedVariable}={seed}, at the end");
            promises += ledger.Promises;
            Directory.Delete(directory, recursive: true);
        }

        return (kills, promises);
    }

    /// <summary>Now and then nobody looks: the next child recovers by itself, and may die while it does.</summary>
    private static async Task LiveAsync(
        CrashLife life, CrashLedger ledger, string directory, int seed, bool isLookedAt)
    {
        var where = $"{SeedVariable}={seed}, {life}";
        try
        {
            await life.RunAsync(ledger, Token);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{where}. The directory is left in {directory}.", failure);
        }

        if (isLookedAt)
        {
            await VerifyAsync(ledger, directory, where);
        }
    }

    private static async Task VerifyAsync(CrashLedger ledger, string directory, string where)
    {
        try
        {
            await ledger.VerifyAsync(directory, Token);
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
        return random.Next(5) switch
        {
            0 or 1 => new CrashLife(directory, seed, null, random.Next(ReportsMax)),
            2 or 3 => new CrashLife(
                directory, seed, new CrashPoint(operation, moment, random.Next(operation == CrashPoint.Any ? 200 : 8)),
                null),

            // The place may be met rarely, or never: then the parent's hand is next.
            _ => new CrashLife(directory, seed, new CrashPoint(syncPoint, moment, random.Next(4)), ReportsMax),
        };
    }
}

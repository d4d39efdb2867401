using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>What is done to the log while the power may go. Single-threaded, so that each run is the same.</summary>
internal static class LogWorkloads
{
    /// <summary>
    /// Commits of several sizes over several segments, a clean stop, a death, drops with reuse of the file.
    /// </summary>
    public static async Task LifeAsync(SimulatedDisk disk, LogPromises promises)
    {
        var log = await LogPromises.Open(disk, new RecordingProjection()).CommitSomeAsync(promises, 100, 10);
        promises.IndexCursor = log.Durable;
        await log.DisposeAsync();

        var second = new RecordingProjection();
        log = LogPromises.Open(disk, second);
        promises.Expose(second.Records);
        await log.CommitSomeAsync(promises, 200, 6);
        await promises.DropAsync(log, log.Segments()[0].Id);
        await log.CommitSomeAsync(promises, 300, 12);
        await promises.DropAsync(log, log.Segments()[1].Id);
        await log.CommitSomeAsync(promises, 400, 3);
    }

    /// <summary>
    /// The process dies when its batch is written but not synced. The next one finds the batch, shows it, and builds on
    /// it: from then on it has to stay.
    /// </summary>
    public static async Task DeathAsync(SimulatedDisk disk, LogPromises promises)
    {
        var log = await LogPromises.Open(disk, new RecordingProjection()).CommitSomeAsync(promises, 100, 2);
        disk.DiesAt = SyncPoint.LogBatch;
        await Assert.ThrowsAsync<LogException>(async () => await log.CommitSomeAsync(promises, 200, 1));
        if (disk.Operations > disk.PowerFailsAt)
        {
            throw new PowerLostException();
        }

        disk.Restart();
        var seen = new RecordingProjection();
        log = LogPromises.Open(disk, seen);
        promises.Expose(seen.Records);
        await log.CommitSomeAsync(promises, 300, 3);
    }

    /// <summary>The last batch is marked once the log has been idle for a while.</summary>
    public static async Task IdleAsync(SimulatedDisk disk, LogPromises promises)
    {
        var time = new FakeTimeProvider();
        var log = LogPromises.Open(disk, new RecordingProjection(), time: time);
        for (var round = 0; round < 3; round++)
        {
            await log.CommitSomeAsync(promises, 100 * (round + 1), 1);
            time.Advance(LogPromises.Options().IdleMarkDelay);
            if (disk.IsOff)
            {
                throw new PowerLostException();
            }

            promises.MarkedLsn = log.DurableLsn;
        }
    }

    private static async Task<ContentLog> CommitSomeAsync(
        this ContentLog log, LogPromises promises, int first, int count)
    {
        for (var number = first; number < first + count; number++)
        {
            var records = Enumerable.Range(0, 1 + (number % 3))
                .Select(part => TestRecord.Numbered((number * 10) + part, number * 37 % 5000))
                .ToArray();
            await promises.CommitAsync(log, new TestWrite(records));
        }

        return log;
    }
}

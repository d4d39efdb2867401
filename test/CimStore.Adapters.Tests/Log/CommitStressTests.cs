using System.Collections.Concurrent;
using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>
/// Many committers at once on a disk that fails now and then, batches written ahead and handed over: what was told to
/// each is what a power cut leaves. The faults follow from the seed, the order of the threads does not.
/// </summary>
public sealed class CommitStressTests
{
    private const int Committers = 64;
    private const int CommitsEach = 12;
    private const int Rounds = 6;

    /// <summary>How a round meets the paths is the scheduler's: rounds go on until enough did, up to so many.</summary>
    private const int MostRounds = 20 * Rounds;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private int _aheads;
    private int _handedOver;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Every_answer_is_what_a_power_cut_leaves(bool failsWrites, bool indexFails)
    {
        for (var seed = 1; seed <= Rounds || (seed <= MostRounds && !HasMetThePaths); seed++)
        {
            await RunAsync(seed, failsWrites, indexFails);
        }

        Assert.True(HasMetThePaths, $"{_aheads} batches were written ahead, {_handedOver} handed over");
    }

    private bool HasMetThePaths => _aheads >= Rounds && _handedOver >= Rounds;

    private async Task RunAsync(int seed, bool failsWrites, bool indexFails)
    {
        var disk = new SimulatedDisk();
        var faulty = new FaultyDisk(disk, Plan(seed, failsWrites));
        var projection = Projection(indexFails ? 5 + (seed % 20) : int.MaxValue);
        var answers = new ConcurrentBag<Answer>();
        await using (var log = LogPromises.Open(faulty, projection, options: Options()))
        {
            await Task.WhenAll(Enumerable.Range(0, Committers).Select(committer => Task.Run(
                () => CommitAllAsync(log, committer, answers), Token))).WaitAsync(Patience, Token);
            RequireKept(disk.PowerCut(seed), answers);
        }

        RequireKept(disk, answers);
    }

    private FaultPlan Plan(int seed, bool failsWrites)
    {
        var error = new DiskFault.Error(Errno.InputOutput);
        var plan = new FaultPlan()
            .While(OnWrittenAhead, DiskOperation.StartWriteOut, error)
            .While(OnSync, DiskOperation.SyncData, error)
            .Seeded(seed, DiskOperation.SyncData, 30, error);
        return failsWrites ? plan.Seeded(seed, DiskOperation.Write, 40, error) : plan;
    }

    private bool OnWrittenAhead()
    {
        Interlocked.Increment(ref _aheads);
        return false;
    }

    /// <summary>A sync takes its time: the next batch fills meanwhile.</summary>
    private static bool OnSync()
    {
        Thread.Sleep(1);
        return false;
    }

    private RecordingProjection Projection(int failsAt)
    {
        var applied = 0;
        return new RecordingProjection
        {
            Announces = true,
            OnApply = _ =>
            {
                if (Thread.CurrentThread.Name == "cimstore apply")
                {
                    Interlocked.Increment(ref _handedOver);
                }

                if (++applied == failsAt)
                {
                    throw new InvalidOperationException("The index is gone.");
                }
            },
        };
    }

    private static LogOptions Options() => new()
    {
        SegmentBytes = 1 << 20,
        IdleMarkDelay = TimeSpan.Zero,
        PreWriteBytes = 0,
    };

    private static async Task CommitAllAsync(ContentLog log, int committer, ConcurrentBag<Answer> answers)
    {
        for (var round = 0; round < CommitsEach; round++)
        {
            var number = (committer * CommitsEach) + round;
            try
            {
                await log.CommitAsync(new TestWrite(Record(number)), Token);
                answers.Add(new Answer(number, CommitState.Stored));
            }
            catch (LogException failure)
            {
                answers.Add(new Answer(number, failure.State));
            }
        }
    }

    private static TestRecord Record(int number) => TestRecord.Numbered(number, 4500 + (number * 7919 % 9000));

    private static void RequireKept(IDisk disk, IEnumerable<Answer> answers)
    {
        var seen = new RecordingProjection();
        LogPromises.Open(disk, seen, options: Options());
        Assert.Empty(seen.Corruption);
        Assert.Equal(
            Enumerable.Range(1, seen.Records.Count).Select(static lsn => (ulong)lsn),
            seen.Records.Select(static record => record.Lsn));
        var kept = seen.Records.ToDictionary(static record => record.Key);
        foreach (var (number, state) in answers)
        {
            var record = Record(number);
            var isThere = kept.TryGetValue(Convert.ToHexString(record.Key.Span), out var found);
            Assert.True(!isThere || record.Matches(found!), $"{number} is another");
            Assert.True(
                state == CommitState.Unknown || isThere == (state == CommitState.Stored), $"{number}: {state}");
        }
    }

    private sealed record Answer(int Number, CommitState State);
}

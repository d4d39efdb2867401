using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>The log on the real file system.</summary>
public sealed class PosixLogTests : IDisposable
{
    private static readonly Guid Store = new("00112233-4455-6677-8899-aabbccddeeff");
    private readonly string _directory = Directory.CreateTempSubdirectory("cimstore-log-").FullName;

    private string Killed => Path.Combine(_directory, "killed");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task What_was_committed_is_read_back_and_replayed()
    {
        var writes = new List<TestWrite>();
        await using (var log = Open(new RecordingProjection(), null))
        {
            for (var number = 0; number < 100; number++)
            {
                var write = new TestWrite(TestRecord.Numbered(number, number * 100));
                await log.CommitAsync(write, TestContext.Current.CancellationToken);
                writes.Add(write);
                AssertReadable(log, write);
            }
        }

        var replayed = new RecordingProjection();
        await using var again = Open(replayed, null);

        Assert.Empty(replayed.Findings);
        Assert.Equal(100, replayed.Records.Count);
        Assert.All(writes, write => AssertReadable(again, write));
        Assert.All(writes.Zip(replayed.Records), pair => Assert.True(pair.First.Records[0].Matches(pair.Second)));
    }

    [Fact]
    public async Task An_index_that_is_current_replays_nothing()
    {
        var projection = new RecordingProjection();
        await using (var log = Open(projection, null))
        {
            await log.CommitAsync(new TestWrite(TestRecord.Numbered(1, 10)), TestContext.Current.CancellationToken);
        }

        var replayed = new RecordingProjection();
        await using var again = Open(replayed, projection.Cursor);

        Assert.Empty(replayed.Records);
        Assert.Empty(replayed.Findings);
    }

    [Fact]
    public async Task Many_committers_share_batches_and_all_is_there()
    {
        var projection = new RecordingProjection();
        var writes = Enumerable.Range(0, 2000).Select(n => new TestWrite(TestRecord.Numbered(n, 500))).ToArray();
        await using (var log = Open(projection, null))
        {
            await Parallel.ForEachAsync(
                writes,
                new ParallelOptions { MaxDegreeOfParallelism = 64 },
                async (write, token) => await log.CommitAsync(write, token));
            Assert.True(log.Counters.Batches < 2000);
            Assert.All(writes, write => AssertReadable(log, write));
        }

        Assert.Equal(Enumerable.Range(1, 2000).Select(n => (ulong)n), projection.Records.Select(r => r.Lsn));
        var replayed = new RecordingProjection();
        await using var again = Open(replayed, null);
        Assert.Equal(projection.Records, replayed.Records);
    }

    [Fact]
    public async Task Room_that_a_killed_log_left_unused_is_given_back_at_the_next_open()
    {
        var write = new TestWrite(TestRecord.Numbered(1, 10_000));
        await CommitAndKillAsync(write);
        var file = new FileInfo(Assert.Single(Directory.GetFiles(Killed)));
        Assert.Equal(1 << 20, file.Length);

        for (var life = 0; life < 2; life++)
        {
            var replayed = new RecordingProjection();
            await using var again = Open(replayed, null, Killed);
            file.Refresh();

            Assert.InRange(file.Length, 10_000, 30_000);
            Assert.Empty(replayed.Findings);
            AssertReadable(again, write);
        }
    }

    /// <summary>Of a log that was idle too, whose mark was written before it was closed.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Room_that_is_unused_is_given_back_when_the_log_is_closed(bool isIdle)
    {
        var write = new TestWrite(TestRecord.Numbered(1, 10_000));
        await using (var log = Open(new RecordingProjection(), null))
        {
            await log.CommitAsync(write, TestContext.Current.CancellationToken);
            while (isIdle && log.Counters.Marks == 0)
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
        }

        var file = new FileInfo(Assert.Single(Directory.GetFiles(Path.Combine(_directory, "log"))));
        Assert.InRange(file.Length, 10_000, 30_000);
        var replayed = new RecordingProjection();
        await using var again = Open(replayed, null);
        Assert.Empty(replayed.Findings);
        AssertReadable(again, write);
        await again.CommitAsync(
            new TestWrite(TestRecord.Numbered(2, 10_000)), TestContext.Current.CancellationToken);
    }

    /// <summary>The one that is written to keeps its handle, however many are read.</summary>
    [Fact]
    public async Task A_log_of_more_segments_than_handles_goes_on_taking_writes()
    {
        var options = new LogOptions { SegmentBytes = 64 << 10, OpenSegmentsMax = 3 };
        await using var log = ContentLog.Open(
            new PosixDisk(), Path.Combine(_directory, "log"), Store, null, new RecordingProjection(), options,
            TimeProvider.System);
        var writes = new List<TestWrite>();
        for (var number = 0; number < 60; number++)
        {
            var write = new TestWrite(TestRecord.Numbered(number, 10_000));
            await log.CommitAsync(write, TestContext.Current.CancellationToken);
            writes.Add(write);
            writes.ForEach(known => AssertReadable(log, known));
        }

        Assert.True(log.Segments().Count > 3 * options.OpenSegmentsMax);
    }

    [Fact]
    public async Task What_is_not_zero_behind_the_end_is_kept()
    {
        await CommitAndKillAsync(new TestWrite(TestRecord.Numbered(1, 10_000)));
        var file = new FileInfo(Assert.Single(Directory.GetFiles(Killed)));
        await using (var bytes = file.OpenWrite())
        {
            bytes.Position = bytes.Length - 1;
            bytes.WriteByte(1);
        }

        for (var life = 0; life < 2; life++)
        {
            var replayed = new RecordingProjection();
            await using var again = Open(replayed, null, Killed);
            file.Refresh();

            Assert.Equal(1 << 20, file.Length);
            Assert.Equal(LogFindingKind.TornTail, Assert.Single(replayed.Findings).Kind);
        }
    }

    /// <summary>Leaves in <see cref="Killed"/> what a kill would.</summary>
    private async Task CommitAndKillAsync(TestWrite write)
    {
        await using var log = Open(new RecordingProjection(), null);
        await log.CommitAsync(write, TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Killed);
        foreach (var path in Directory.GetFiles(Path.Combine(_directory, "log")))
        {
            File.Copy(path, Path.Combine(Killed, Path.GetFileName(path)));
        }
    }

    private static void AssertReadable(ContentLog log, TestWrite write)
    {
        foreach (var (record, entry) in write.Records.Zip(write.Entries))
        {
            var buffer = new byte[entry.Position.LengthBytes];
            Assert.True(log.TryRead(entry.Position, buffer, provePayload: true, out var found));
            Assert.True(record.Matches(SeenRecord.From(found)));
            Assert.Equal(entry.Lsn, found.Lsn);
        }
    }

    private ContentLog Open(RecordingProjection projection, LogCursor? from, string? directory = null) =>
        ContentLog.Open(
            new PosixDisk(),
            directory ?? Path.Combine(_directory, "log"),
            Store,
            from,
            projection,
            new LogOptions { SegmentBytes = 1 << 20 },
            TimeProvider.System);
}

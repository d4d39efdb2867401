using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>What a workload on the log asked for, what it was promised, and whether a disk keeps it.</summary>
internal sealed class LogPromises
{
    public const string Directory = "/data/log";
    public static readonly Guid Store = new("00112233-4455-6677-8899-aabbccddeeff");

    private readonly List<TestWrite> _asked = [];
    private readonly HashSet<TestWrite> _kept = [];
    private readonly HashSet<TestWrite> _void = [];
    private readonly HashSet<ulong> _dropped = [];
    private readonly HashSet<ulong> _leaving = [];

    public LogPromises()
    {
    }

    private LogPromises(LogPromises other)
    {
        _asked.AddRange(other._asked);
        _kept.UnionWith(other._kept);
        _void.UnionWith(other._void);
        _dropped.UnionWith(other._dropped);
        _leaving.UnionWith(other._leaving);
        (IndexCursor, MarkedLsn) = (other.IndexCursor, other.MarkedLsn);
    }

    /// <summary>What an index had made durable at some time.</summary>
    public LogCursor? IndexCursor { get; set; }

    /// <summary>The LSN up to which the log has said, by a mark, that damage will be known as such.</summary>
    public ulong MarkedLsn { get; set; }

    public IEnumerable<TestWrite> Kept => _kept;

    public static ContentLog Open(
        IDisk disk, ILogProjection projection, LogCursor? from = null, TimeProvider? time = null,
        LogOptions? options = null) =>
        ContentLog.Open(disk, Directory, Store, from, projection, options ?? Options(), time ?? new FixedTime());

    public static LogOptions Options() => new()
    {
        SegmentBytes = LogOptions.SegmentBytesMin,
        BatchBytes = 16 << 10,
        RecycledSegmentsMax = 1,
        NonceSource = new Random(42).Nonce,
    };

    public async Task CommitAsync(ContentLog log, TestWrite write)
    {
        _asked.Add(write);
        await log.CommitAsync(write, TestContext.Current.CancellationToken);
        _kept.Add(write);
    }

    /// <summary>Somebody has been told of it by an opened log: it counts as promised.</summary>
    public void Expose(IEnumerable<SeenRecord> records)
    {
        foreach (var record in records)
        {
            _kept.Add(_asked.Single(write => write.Records.Any(asked => asked.Matches(record))));
        }
    }

    public void Void(TestWrite write) => _void.Add(write);

    public async Task DropAsync(ContentLog log, ulong segment)
    {
        _leaving.Add(segment);
        await log.DropSegmentAsync(segment, TestContext.Current.CancellationToken);
        _dropped.Add(segment);
    }

    /// <summary>Opens what is left several times, interrupted and not, goes on writing, and looks each time.</summary>
    /// <remarks>What is promised on the way belongs to this fate alone.</remarks>
    public Task VerifyAsync(SimulatedDisk left, int seed) => new LogPromises(this).GoOnAsync(left, seed);

    private async Task GoOnAsync(SimulatedDisk left, int seed)
    {
        var random = new Random(seed);
        left.PowerFailsAt = random.Next(8);
        try
        {
            var log = Open(left, new RecordingProjection());
            await CommitAsync(log, new TestWrite(TestRecord.Numbered(900_001, 700)));
        }
        catch (Exception) when (left.IsOff)
        {
            // The power went a second time, during recovery or the first commit after it.
        }

        var again = left.PowerCut(seed);
        var first = Look(again, null);
        Expose(first.Records);
        var second = Open(again, new RecordingProjection());
        await CommitAsync(second, new TestWrite(TestRecord.Numbered(900_002, 3000)));
        var third = again.PowerCut(seed + 1);
        Look(third, null);
        LookFromIndex(third);
    }

    private RecordingProjection Look(SimulatedDisk disk, LogCursor? from)
    {
        var seen = new RecordingProjection();
        Open(disk, seen, from);
        Assert.Empty(seen.Corruption);
        AssertNothingHalf(seen);
        Assert.Equal(seen.Records.Count, seen.Records.Select(static record => record.Lsn).Distinct().Count());
        foreach (var write in _kept.Where(write => !write.Entries.Any(Leaving)))
        {
            AssertThere(seen, write);
        }

        return seen;
    }

    private void LookFromIndex(SimulatedDisk disk)
    {
        if (IndexCursor is not { } cursor)
        {
            return;
        }

        var seen = new RecordingProjection();
        Open(disk, seen, cursor);
        Assert.Empty(seen.Corruption);
        Assert.All(seen.Records, record => Assert.True(record.Lsn >= cursor.NextLsn));
        var since = _kept.Where(write => !write.Entries.Any(Leaving) && write.Entries[0].Lsn >= cursor.NextLsn);
        foreach (var write in since)
        {
            AssertThere(seen, write);
        }
    }

    private static void AssertThere(RecordingProjection seen, TestWrite write)
    {
        foreach (var (record, entry) in write.Records.Zip(write.Entries))
        {
            var found = seen.Records.Find(candidate => candidate.Lsn == entry.Lsn);
            Assert.True(found is not null, $"LSN {entry.Lsn} was promised and is gone.");
            Assert.True(record.Matches(found), $"LSN {entry.Lsn} holds other bytes.");
            Assert.Equal(entry.Position, found.Position);
        }
    }

    private void AssertNothingHalf(RecordingProjection seen)
    {
        var accounted = 0;
        var found = seen.Records.ToLookup(static record => record.Key);
        foreach (var write in _asked)
        {
            var there = write.Records.Count(record => found[Convert.ToHexString(record.Key.Span)].Any(record.Matches));
            Assert.True(there == 0 || there == write.Records.Count, "A write is half visible.");
            Assert.False(there > 0 && _void.Contains(write), "A voided write came back.");
            var dropped = write.Entries.Any(entry => _dropped.Contains(entry.Position.Segment));
            Assert.False(there > 0 && dropped, "A dropped segment came back.");
            accounted += there;
        }

        Assert.Equal(accounted, seen.Records.Count);
    }

    private bool Leaving(LogEntry entry) => _leaving.Contains(entry.Position.Segment);
}

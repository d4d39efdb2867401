using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>A log on a disk that fails when it is told to, beside the dictionary of what the log must hold.</summary>
internal sealed class LogModel
{
    private static readonly (DiskOperation Operation, DiskFault Fault)[] Faults =
    [
        .. Enumerable.Range(0, 10).Select(static fate =>
            (DiskOperation.SyncData, (DiskFault)new DiskFault.Error(Errno.InputOutput, fate))),
        (DiskOperation.SyncData, new DiskFault.Error(Errno.NoSpace)),
        (DiskOperation.Write, new DiskFault.Error(Errno.NoSpace)),
        (DiskOperation.Write, new DiskFault.Error(Errno.InputOutput)),
        (DiskOperation.Write, new DiskFault.Short(300)),
        (DiskOperation.Allocate, new DiskFault.Error(Errno.NoSpace)),
        (DiskOperation.Create, new DiskFault.Error(Errno.NoSpace)),
        (DiskOperation.Rename, new DiskFault.Error(Errno.InputOutput)),
        (DiskOperation.Unlink, new DiskFault.Error(Errno.InputOutput)),
        (DiskOperation.SyncDirectory, new DiskFault.Error(Errno.InputOutput)),
    ];

    private readonly Dictionary<ulong, Held> _held = [];
    private readonly List<TestWrite> _unknown = [];
    private SimulatedDisk _disk = new();
    private RecordingProjection _projection = new();
    private LogCursor? _indexCursor;
    private ContentLog _log;
    private (DiskOperation Operation, DiskFault Fault)? _fault;
    private int _strikes;
    private int _number;

    public LogModel() => _log = Open(null);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One, two or three records, whole or not at all.</summary>
    public async Task CommitAsync(int number)
    {
        var records = Enumerable.Range(0, 1 + (number % 3))
            .Select(part => TestRecord.Numbered(_number++, number * 7 % 5000))
            .ToArray();
        await CommitAsync(new TestWrite(records));
    }

    /// <summary>Fills the segment, so that the next commit makes a new one.</summary>
    public async Task SealAsync(int number)
    {
        var segment = _log.Durable.Segment;
        for (var tries = 0; tries < 8 && _log.Durable.Segment == segment; tries++)
        {
            await CommitAsync(new TestWrite(TestRecord.Numbered(_number++, 12_000 + number)));
        }
    }

    /// <summary>Nobody needs the record any more; it goes with its segment.</summary>
    public void Forget(int number)
    {
        if (_held.Count > 0)
        {
            _held.ElementAt(number % _held.Count).Value.IsLive = false;
        }
    }

    /// <summary>Moves what lives out of an old segment, and drops it when all of that is durable.</summary>
    public async Task CompactAsync(int number)
    {
        var segments = _log.Segments();
        if (segments.Count < 2)
        {
            return;
        }

        var victim = segments[number % (segments.Count - 1)].Id;
        foreach (var (lsn, held) in _held.Where(held => held.Value.Position.Segment == victim).ToArray())
        {
            if (held.IsLive && !await MoveAsync(lsn, held))
            {
                return;
            }
        }

        try
        {
            Assert.True(await _log.DropSegmentAsync(victim, Token));
        }
        catch (DiskException)
        {
            // It may come back at the next open: whatever was in it may still be seen.
            return;
        }

        foreach (var (lsn, held) in _held.ToArray())
        {
            held.Segments.Remove(victim);
            if (held.Segments.Count == 0)
            {
                Assert.False(held.IsLive);
                _held.Remove(lsn);
            }
        }
    }

    /// <param name="isClean">Closed in peace, or the process died with everything it wrote in the page cache.</param>
    /// <param name="fromCursor">With the index, or with an empty one.</param>
    public async Task ReopenAsync(bool isClean, bool fromCursor)
    {
        if (isClean)
        {
            await _log.DisposeAsync();
        }

        _strikes = 0;
        var cursor = fromCursor ? _indexCursor : null;
        _log = Open(cursor);
        Settle();
        Compare(_projection.Records, cursor);
        _indexCursor = _projection.Cursor ?? cursor;
    }

    public async Task CutPowerAsync(int seed)
    {
        _disk = _disk.PowerCut(seed);

        // What the index has made durable is never ahead of the log.
        await ReopenAsync(isClean: false, fromCursor: seed % 2 == 0);
    }

    /// <summary>From now on one kind of operation fails, once or until the log is opened again.</summary>
    public void Break(int number)
    {
        _fault = Faults[number % Faults.Length];
        _strikes = (number / Faults.Length % 4) switch
        {
            3 => int.MaxValue,
            var few => few + 1,
        };
    }

    /// <summary>By position, and in log order.</summary>
    public void ReadEverything()
    {
        foreach (var (lsn, held) in _held.Where(static held => held.Value.IsLive))
        {
            var buffer = new byte[held.Position.LengthBytes];
            Assert.True(_log.TryRead(held.Position, buffer, provePayload: true, out var record));
            Assert.Equal(lsn, record.Lsn);
            Assert.True(held.Record.Matches(SeenRecord.From(record)));
        }

        Compare(ReadInOrder(null), null);
    }

    private async Task CommitAsync(TestWrite write)
    {
        try
        {
            await _log.CommitAsync(write, Token);
        }
        catch (LogException failure)
        {
            Assert.NotEqual(CommitState.Stored, failure.State);
            if (failure.State == CommitState.Unknown)
            {
                _unknown.Add(write);
            }

            return;
        }

        // An acknowledgement after a failed sync says that what was in doubt is void.
        _unknown.Clear();
        Hold(write);
        _indexCursor = _projection.Cursor;
    }

    private async Task<bool> MoveAsync(ulong lsn, Held held)
    {
        var move = new RelocationWrite(lsn, held.Record);
        try
        {
            await _log.CommitAsync(move, Token);
        }
        catch (LogException)
        {
            // Perhaps it is there twice now; the record stays where it was.
            held.Segments.Add(_log.Durable.Segment);
            return false;
        }

        _unknown.Clear();
        _indexCursor = _projection.Cursor;
        held.Position = move.Entry.Position;
        held.Segments.Add(move.Entry.Position.Segment);
        return true;
    }

    private void Hold(TestWrite write)
    {
        foreach (var (record, entry) in write.Records.Zip(write.Entries))
        {
            _held.Add(entry.Lsn, new Held(record, entry.Position));
        }
    }

    /// <summary>
    /// What was in doubt is now what the log says, whole or not at all. What is seen stays. What a later segment voids
    /// stays void once something is acknowledged: until then that segment's name may be lost with the power.
    /// </summary>
    private void Settle()
    {
        var seen = ReadInOrder(null).ToLookup(static record => record.Key);
        foreach (var write in _unknown.ToArray())
        {
            var there = write.Records.Count(record => seen[Convert.ToHexString(record.Key.Span)].Any(record.Matches));
            Assert.True(there == 0 || there == write.Records.Count, "A write is half visible.");
            if (there > 0)
            {
                Hold(write);
                _unknown.Remove(write);
            }
            else if (_log.Segments().All(segment => segment.Id <= write.Entries[0].Position.Segment))
            {
                _unknown.Remove(write);
            }
        }
    }

    private void Compare(List<SeenRecord> seen, LogCursor? from)
    {
        Assert.Empty(_projection.Corruption);
        foreach (var record in seen)
        {
            Assert.True(_held.TryGetValue(record.Lsn, out var held), $"LSN {record.Lsn} is void or was dropped.");
            Assert.True(held.Record.Matches(record), $"LSN {record.Lsn} holds other bytes.");
            Assert.Contains(record.Position.Segment, held.Segments);
        }

        var places = seen.Select(static record => record.Position).ToHashSet();
        Assert.Equal(seen.Count, places.Count);
        foreach (var (lsn, held) in _held.Where(held => held.Value.IsLive && IsAfter(held.Value.Position, from)))
        {
            Assert.True(places.Contains(held.Position), $"LSN {lsn} was promised and is gone.");
        }
    }

    private static bool IsAfter(LogPosition position, LogCursor? cursor) =>
        cursor is not { } seen
        || position.Segment > seen.Segment
        || (position.Segment == seen.Segment && position.Offset >= seen.Offset);

    private List<SeenRecord> ReadInOrder(LogCursor? from)
    {
        var seen = new List<SeenRecord>();
        using var reader = _log.ReadFrom(from, static finding => Assert.Fail(finding.Message));
        while (reader.MoveNext(out var batch))
        {
            foreach (var record in batch)
            {
                seen.Add(SeenRecord.From(record));
            }
        }

        return seen;
    }

    private ContentLog Open(LogCursor? from)
    {
        var plan = new FaultPlan();
        foreach (var (operation, fault) in Faults)
        {
            plan.While(() => _fault == (operation, fault) && Strikes(), operation, fault);
        }

        _projection = new RecordingProjection();
        return LogPromises.Open(new FaultyDisk(_disk, plan), _projection, from);
    }

    private bool Strikes() => _strikes > 0 && (_strikes == int.MaxValue || _strikes-- > 0);

    private sealed class Held(TestRecord record, LogPosition position)
    {
        public TestRecord Record { get; } = record;

        /// <summary>Where it is read.</summary>
        public LogPosition Position { get; set; } = position;

        public bool IsLive { get; set; } = true;

        /// <summary>Where a copy of it may be seen.</summary>
        public HashSet<ulong> Segments { get; } = [position.Segment];
    }
}

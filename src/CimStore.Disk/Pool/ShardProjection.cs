using CimStore.Content;
using CimStore.Disk.Catalog;
using CimStore.Disk.Log;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>Feeds one shard log into the pool's index, and keeps count of what of each segment is garbage.</summary>
internal sealed class ShardProjection : ILogProjection, IDisposable
{
    /// <summary>After a kill at most so much of the log is read again.</summary>
    private const long UnflushedBytesMax = 256L << 20;

    private readonly ShardIndex _index;
    private readonly int _slot;
    private readonly Guid _directory;
    private readonly IndexBatch _batch = new();
    private readonly Dictionary<(ContentKey Content, ulong Incarnation), Place?> _changed = [];
    private readonly Dictionary<ulong, ShardSegmentUse> _uses;
    private readonly HashSet<ulong> _usesChanged = [];
    private readonly List<Guid> _givenUp = [];
    private readonly List<LogFinding> _findings = [];
    private readonly List<LogRecord> _damaged = [];
    private readonly Lock _gate = new();
    private LogCursor? _seen;
    private long _unflushed;

    /// <param name="index">Of the pool.</param>
    /// <param name="slot">The directory's place in the pool.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="isMaking">The index has not seen the log to its end even once.</param>
    public ShardProjection(ShardIndex index, int slot, Guid directory, bool isMaking)
    {
        (_index, _slot, _directory, IsMaking) = (index, slot, directory, isMaking);
        _uses = index.Segments(slot);
    }

    /// <summary>
    /// While the index is made from nothing: a record that was moved has no earlier place, and counts all the same. It
    /// is kept in the index, for whoever goes on after a crash.
    /// </summary>
    public bool IsMaking { get; private set; }

    /// <summary>Told after each batch of the files that nothing refers to any more.</summary>
    public Action<IReadOnlyList<Guid>>? GivenUp { get; set; }

    public IReadOnlyList<LogFinding> Findings
    {
        get
        {
            lock (_gate)
            {
                return [.. _findings];
            }
        }
    }

    public Dictionary<ulong, ShardSegmentUse> Uses()
    {
        lock (_gate)
        {
            return new Dictionary<ulong, ShardSegmentUse>(_uses);
        }
    }

    /// <summary>The log was replayed to its end.</summary>
    /// <param name="from">Where that began: all there is may have been seen before.</param>
    public void EndMaking(LogCursor? from)
    {
        lock (_gate)
        {
            if (IsMaking && (_seen ?? from) is { } seen)
            {
                _batch.Clear();
                ShardIndex.PutProgress(_batch, _slot, _directory, seen, isMaking: false);
                _index.Write(_batch);
            }

            IsMaking = false;
        }
    }

    public void Apply(LogBatch batch)
    {
        lock (_gate)
        {
            _batch.Clear();
            _changed.Clear();
            _givenUp.Clear();
            PutDamaged(isMoved: batch.Kind == BatchKind.Relocation);
            foreach (var record in batch)
            {
                switch (record.Type)
                {
                    case ShardRecords.Shard:
                        Put(record, isMoved: batch.Kind == BatchKind.Relocation);
                        break;
                    case ShardRecords.Release:
                        Remove(record);
                        break;
                }

                _unflushed += record.Position.LengthBytes;
            }

            if (batch.Kind == BatchKind.Records)
            {
                var padding = batch.Header.LengthBytes - batch.Header.UsedBytes;
                Count(batch.End.Segment, new ShardSegmentUse(0, 0, 0, padding));
            }

            PutUses();
            _seen = batch.End;
            ShardIndex.PutProgress(_batch, _slot, _directory, batch.End, IsMaking);
            _index.Write(_batch);
        }

        if (_givenUp.Count > 0)
        {
            GivenUp?.Invoke([.. _givenUp]);
        }

        if (_unflushed > UnflushedBytesMax)
        {
            _unflushed = 0;
            _index.Flush(wait: false);
        }
    }

    /// <summary>Forgets a segment that was dropped.</summary>
    public void Forget(ulong segment)
    {
        lock (_gate)
        {
            _uses.Remove(segment);
            _batch.Clear();
            ShardIndex.PutSegment(_batch, _slot, segment, null);
            _index.Write(_batch);
        }
    }

    public void Void(LogCursor durable)
    {
        // Nothing is handed out before it is durable.
    }

    public void Report(LogFinding finding)
    {
        lock (_gate)
        {
            _findings.Add(finding);
            if (finding.Front is { Type: ShardRecords.Shard } front)
            {
                _damaged.Add(front);
            }
        }
    }

    public void Dispose() => _batch.Dispose();

    /// <summary>
    /// Shards of the batch of which only the bytes are damaged. They have a place like others: so the copy is known to
    /// be here, found bad by whoever reads it, and healed.
    /// </summary>
    private void PutDamaged(bool isMoved)
    {
        foreach (var front in _damaged)
        {
            Put(front, isMoved);
        }

        _damaged.Clear();
    }

    private void Put(in LogRecord record, bool isMoved)
    {
        var shard = Describe(record);
        var (content, incarnation) = (shard.Manifest.Key, shard.Manifest.Incarnation);
        var place = new Place(
            shard.IsLarge ? PlaceKind.Large : PlaceKind.Inline, record.Position,
            LogFormat.RecordHeadBytes + record.Key.Length + record.Meta.Length, shard.LargeId);
        Count(place.Position.Segment, new ShardSegmentUse(place.Position.LengthBytes, 0, 0, 0));
        var before = Find(content, incarnation);
        if (isMoved && before is null && !IsMaking)
        {
            // It was given up between the look at it and its move.
            Count(place.Position.Segment, new ShardSegmentUse(0, place.Position.LengthBytes, 0, 0));
            return;
        }

        if (before is { } old)
        {
            GiveUp(old, keepFile: old.LargeId == place.LargeId);
        }

        _changed[(content, incarnation)] = place;
        ShardIndex.PutShard(_batch, content, incarnation, _slot, place);
    }

    private void Remove(in LogRecord record)
    {
        var (content, incarnation) = ShardWrite.ReadRelease(record);
        Count(record.Position.Segment, new ShardSegmentUse(0, 0, record.Position.LengthBytes, 0));
        if (Find(content, incarnation) is { } old)
        {
            GiveUp(old, keepFile: false);
            _changed[(content, incarnation)] = null;
            ShardIndex.DeleteShard(_batch, content, incarnation, _slot);
        }
    }

    private void GiveUp(in Place old, bool keepFile)
    {
        Count(old.Position.Segment, new ShardSegmentUse(0, old.Position.LengthBytes, 0, 0));
        if (old.Kind == PlaceKind.Large && !keepFile)
        {
            _givenUp.Add(old.LargeId);
            ShardIndex.DeleteFile(_batch, _slot, old.LargeId);
        }
    }

    private Place? Find(in ContentKey content, ulong incarnation) =>
        _changed.TryGetValue((content, incarnation), out var changed)
            ? changed
            : _index.Find(content, incarnation, _slot);

    private void Count(ulong segment, ShardSegmentUse more)
    {
        _uses[segment] = _uses.GetValueOrDefault(segment) + more;
        _usesChanged.Add(segment);
    }

    private void PutUses()
    {
        foreach (var segment in _usesChanged)
        {
            ShardIndex.PutSegment(_batch, _slot, segment, _uses[segment]);
        }

        _usesChanged.Clear();
    }

    private static ShardDescription Describe(in LogRecord record) =>
        Cid.TryReadBytes(record.Key.Span, out var cid, out _)
            ? ShardDescription.Read(cid, record.Meta.Span)
            : throw PackedReader.Damaged();
}

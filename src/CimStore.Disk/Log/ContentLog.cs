using CimStore.Disk.Files;

namespace CimStore.Disk.Log;

/// <summary>
/// The log in which everything is stored: appended in batches, each durable before anyone is told. The bytes are
/// described in <c>docs/formats/log.md</c>. Thread-safe; a committer may block its thread for one write and sync.
/// </summary>
internal sealed partial class ContentLog : IAsyncDisposable
{
    private readonly IDisk _disk;
    private readonly string _directory;
    private readonly Guid _store;
    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogProjection _projection;
    private readonly SegmentSet _segments;
    private readonly byte[] _preWriting;

    private ContentLog(
        IDisk disk,
        string directory,
        Guid store,
        LogOptions options,
        TimeProvider time,
        ILogProjection projection,
        LogCounters counters,
        RecoveredLog recovered)
    {
        (_disk, _directory, _store, _options, _time) = (disk, directory, store, options, time);
        (_projection, Counters) = (projection, counters);
        _segments = new SegmentSet(options.OpenSegmentsMax);
        foreach (var segment in recovered.Segments)
        {
            _segments.Add(segment);
        }

        _durable = recovered.End;
        _durableLsn = _toldLsn = _appliedLsn = _durable.LastLsn;
        _newestSegment = recovered.Segments.Count == 0 ? 0 : recovered.Segments.Max(static segment => segment.Id);
        _lastSegment = recovered.HighestSegment;
        _epoch = recovered.Epoch;
        _reason = recovered.HighestSegment == 0 ? SegmentReason.First : SegmentReason.Recovery;
        _preWriting = new byte[options.PreWriteBytes];
        var usualBytes = options.BatchBytes + (options.BatchBytes / 8);

        // One fills, one is written ahead, one is synced, one is applied.
        (_open, _spares) = (new BatchBuilder(usualBytes), new Stack<BatchBuilder>(3));
        for (var count = 0; count < 3; count++)
        {
            _spares.Push(new BatchBuilder(usualBytes));
        }

        _leader = new SignalledThread("cimstore log", Lead);
        _applier = new SignalledThread("cimstore apply", ApplyHandedOver);
        PlaceAfterDurable();
        _idle = time.CreateTimer(
            static log => ((ContentLog)log!).OnIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public LogCounters Counters { get; }

    /// <summary>How long a segment is made.</summary>
    public long SegmentBytes => _options.SegmentBytes;

    /// <summary>The highest LSN that survives a power cut; 0 in an empty log.</summary>
    public ulong DurableLsn => Volatile.Read(ref _durableLsn);

    /// <summary>After the last durable batch.</summary>
    public LogCursor Durable
    {
        get
        {
            lock (_gate)
            {
                return _durable;
            }
        }
    }

    /// <summary>Why no write is accepted any more, or null.</summary>
    public LogException? Failure
    {
        get
        {
            lock (_gate)
            {
                return _refusal;
            }
        }
    }

    /// <summary>
    /// Opens the log, making the directory when there is none, and replays to the projection what it has not seen.
    /// Everything replayed is durable when this returns. No segment is made before the first commit.
    /// </summary>
    /// <param name="disk">The file system.</param>
    /// <param name="directory">The log's directory.</param>
    /// <param name="store">Segments of other stores are refused and reported.</param>
    /// <param name="from">The end of the last batch the projection has made durable, or null to replay
    /// everything.</param>
    /// <param name="projection">What the log feeds.</param>
    /// <param name="options">Not changed afterwards.</param>
    /// <param name="time">Gives creation times and the idle mark.</param>
    /// <exception cref="LogException">A newer format, or an index that has seen more than the log holds. Nothing was
    /// changed.</exception>
    /// <exception cref="DiskException">The disk failed; the log on it is as good as before.</exception>
    public static ContentLog Open(
        IDisk disk,
        string directory,
        Guid store,
        LogCursor? from,
        ILogProjection projection,
        LogOptions options,
        TimeProvider time)
    {
        disk.EnsureDirectory(directory);
        var counters = new LogCounters();
        var recovered = new Recovery(disk, directory, store, projection, counters).Run(from);
        return new ContentLog(disk, directory, store, options, time, projection, counters, recovered);
    }

    /// <summary>
    /// Lets the batches under way finish, writes a mark that says the log is complete, and closes its files. Commits
    /// that come later are refused.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Task? busy = null;
        lock (_gate)
        {
            if (_closing)
            {
                return;
            }

            _closing = true;
            if (_leading)
            {
                _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                busy = _drained.Task;
            }
        }

        await _idle.DisposeAsync();
        if (busy is not null)
        {
            await busy;
        }

        Close();
        _leader.Dispose();
        _applier.Dispose();
        _segments.CloseAll();
        _dropping.Dispose();
    }

    private void Close()
    {
        lock (_gate)
        {
            if (_refusal is not null)
            {
                return;
            }

            _refusal = new LogException(LogFault.Closed, CommitState.NotStored, "The log is closed.");
            _leading = _active is not null && TryBeginMark();
        }

        // A mark that fails takes nothing back: everything acknowledged is durable, and the next open finds it without.
        if (_leading && !TryMarkClosed())
        {
            return;
        }

        if (_active is { } active && !_mustAbandon)
        {
            // Only what lies behind the last mark goes, so a crash here loses nothing.
            active.GiveBack(_durable.Offset);
        }
    }

    private bool TryMarkClosed()
    {
        var batch = TakeOpen();
        var failure = Commit(batch, closed: true, out var durable);
        FinishInOrder(batch, durable, failure);
        return failure is null;
    }
}

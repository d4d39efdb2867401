using System.Buffers;
using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk.Large;

/// <summary>
/// Content above the inline limit on its way in: one file for the content, one for its tree, under staging names until
/// they are whole and durable. One piece goes to the device while the next is hashed and copied to the page cache.
/// </summary>
internal sealed class StagedFile : IStagedContent
{
    /// <summary>What is copied to the page cache at a time, while the piece before it goes to the device.</summary>
    public const int PieceBytes = 1 << 20;

    /// <summary>
    /// The same while small contents come in, and what the device then has in hand at a time: each of their syncs waits
    /// behind it, and their threads behind the copy.
    /// </summary>
    private const int WriteOutBytes = 128 << 10;

    /// <summary>What the device has in hand at a time while none do.</summary>
    private const int AloneInHandBytes = 4 << 20;

    private const int TreeBufferBytes = 64 << 10;

    private readonly LargeFiles _files;
    private readonly IDiskFile _content;
    private readonly TimeProvider _time;
    private IDiskFile? _tree;
    private DiskWorker? _worker;
    private readonly byte[] _piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
    private byte[]? _nodes;
    private int _filled;
    private int _nodesFilled;
    private long _written;
    private long _writtenOut = LargeHeader.HeaderBytes;
    private long _treeWritten;
    private Task _pending = Task.CompletedTask;
    private bool _isDisposed;

    public StagedFile(LargeFiles files, Guid id, IDiskFile content, TimeProvider time) =>
        (_files, Id, _content, _time) = (files, id, content, time);

    public Guid Id { get; }

    public bool IsSealed { get; private set; }

    /// <summary>A journal entry refers to it, or may do so: it is no longer ours to remove.</summary>
    public bool IsAdmitted { get; set; }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        RequireOpen();
        while (!bytes.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var size = _files.SmallPuts.AreComing ? WriteOutBytes : PieceBytes;
            if (_filled == 0 && bytes.Length >= size)
            {
                // A little more than a piece goes with it: what is not copied need not be gathered.
                var whole = bytes[..(bytes.Length < 2 * size ? bytes.Length : size)];
                await WriteOutAsync(whole);
                bytes = bytes[whole.Length..];
                continue;
            }

            // There may be more in it already, of the time before small contents came.
            var count = Math.Min(bytes.Length, Math.Max(0, size - _filled));
            bytes[..count].CopyTo(_piece.AsMemory(_filled));
            bytes = bytes[count..];
            _filled += count;
            if (_filled >= size)
            {
                await WriteOutAsync(_piece.AsMemory(0, _filled));
                _filled = 0;
            }
        }
    }

    public ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            _nodes ??= ArrayPool<byte>.Shared.Rent(TreeBufferBytes);
            while (!nodes.IsEmpty)
            {
                var count = Math.Min(nodes.Length, TreeBufferBytes - _nodesFilled);
                nodes.Span[..count].CopyTo(_nodes.AsSpan(_nodesFilled));
                nodes = nodes[count..];
                _nodesFilled += count;
                if (_nodesFilled == TreeBufferBytes)
                {
                    WriteNodes();
                }
            }
        }
        catch (DiskException failure)
        {
            // Not thrown: whoever writes several files at once asks each for its own outcome.
            return ValueTask.FromException(Faults.Translate(failure));
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask<SealedCopy> SealAsync(CopyManifest manifest, CancellationToken cancellationToken)
    {
        await SealAsync(
            manifest.SizeBytes,
            (header, treeBytes) => new LargeHeader(
                Id, manifest.Key, manifest.SizeBytes, manifest.Header, _time.GetUtcNow(), manifest.Root, treeBytes)
                .Write(header),
            cancellationToken);
        return new SealedCopy(0, 1, manifest.Header, true);
    }

    /// <param name="sizeBytes">How many bytes were written.</param>
    /// <param name="writeHeader">Fills the file's first 4096 bytes, told how large the tree became.</param>
    /// <param name="cancellationToken">Stops it before the last piece is written.</param>
    public async ValueTask SealAsync(
        long sizeBytes, HeaderWriter writeHeader, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        if (_written + _filled != sizeBytes)
        {
            throw new ArgumentException(
                $"{_written + _filled} bytes were written, not {sizeBytes}.", nameof(sizeBytes));
        }

        await WriteOutAsync(_piece.AsMemory(0, _filled));
        _filled = 0;
        await _pending;

        // Its three syncs take as long as the device has work: not for a thread of the pool.
        _pending = _worker!.Start(() => Seal(sizeBytes, writeHeader));
        await _pending;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;

        // The writer was told when it happened.
        await _pending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_worker is not null)
        {
            _files.ReturnWorker(_worker);
        }

        _content.Dispose();
        _tree?.Dispose();
        ArrayPool<byte>.Shared.Return(_piece);
        if (_nodes is not null)
        {
            ArrayPool<byte>.Shared.Return(_nodes);
        }

        if (!IsAdmitted)
        {
            _files.Discard(Id, IsSealed);
        }
    }

    /// <summary>
    /// Copies the piece to the page cache and has it sent to the device when the piece before it is there.
    /// </summary>
    private async ValueTask WriteOutAsync(ReadOnlyMemory<byte> piece)
    {
        var (offset, length) = (LargeHeader.HeaderBytes + _written, piece.Length);
        try
        {
            _content.WriteFully(piece.Span, offset);
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }

        _written += length;
        await _pending;
        _worker ??= _files.RentWorker();
        _pending = _worker.Start(() => WriteOut(offset, length));
    }

    // In the worker.
    private void WriteOut(long offset, long length)
    {
        var end = offset + length;
        try
        {
            var isAlone = !_files.SmallPuts.AreComing;
            if (isAlone)
            {
                _content.StartWriteOut(offset, length);
            }

            while (end - _writtenOut > (isAlone ? AloneInHandBytes : 0))
            {
                var bytes = Math.Min(WriteOutBytes, end - _writtenOut);
                _content.WriteOut(_writtenOut, bytes);
                _writtenOut += bytes;
            }
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    // In the worker.
    private void Seal(long sizeBytes, HeaderWriter writeHeader)
    {
        try
        {
            FinishTree();
            writeHeader(_piece.AsSpan(0, LargeHeader.HeaderBytes), _treeWritten);
            _content.WriteFully(_piece.AsSpan(0, LargeHeader.HeaderBytes), 0);
            _content.Truncate(LargeHeader.HeaderBytes + sizeBytes);

            // Before the rename: the name in large/ promises whole content.
            _content.SyncData(SyncPoint.LargeFile);
            _files.Publish(Id, _treeWritten > 0);
            IsSealed = true;
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    private void WriteNodes()
    {
        _tree ??= _files.CreateTree(Id);
        var nodes = _nodes.AsSpan(0, _nodesFilled);
        _tree.WriteFully(nodes, _treeWritten);
        _treeWritten += nodes.Length;
        _nodesFilled = 0;
    }

    private void FinishTree()
    {
        if (_nodesFilled > 0)
        {
            WriteNodes();
        }

        // Before the content gets its name: content without its tree could not be read in ranges.
        _tree?.SyncData(SyncPoint.LargeTree);
    }

    internal delegate void HeaderWriter(Span<byte> header, long treeBytes);

    private void RequireOpen()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (IsSealed)
        {
            throw new InvalidOperationException("The content was sealed.");
        }
    }
}

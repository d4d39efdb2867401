using System.Buffers;
using CimStore.Content;
using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk.Large;

/// <summary>
/// Content above the inline limit on its way in: one file for the content, one for its tree, under staging names until
/// they are whole and durable. One buffer fills while the one before it is written, so that hashing and writing
/// overlap.
/// </summary>
internal sealed class StagedFile : IStagedContent
{
    /// <summary>Large enough for full device speed; two of them are all the memory a stream costs.</summary>
    public const int BufferBytes = 1 << 20;

    /// <summary>
    /// A single sync at the end would hold up the log's syncs for as long as the device needs for all of it.
    /// </summary>
    public const int BytesPerSync = 8 << 20;

    private const int TreeBufferBytes = 64 << 10;

    private readonly LargeFiles _files;
    private readonly IDiskFile _content;
    private readonly TimeProvider _time;
    private IDiskFile? _tree;
    private byte[] _filling = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private byte[] _writing = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private byte[]? _nodes;
    private int _filled;
    private int _nodesFilled;
    private long _written;
    private long _unsynced;
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
            var count = Math.Min(bytes.Length, BufferBytes - _filled);
            bytes[..count].CopyTo(_filling.AsMemory(_filled));
            bytes = bytes[count..];
            _filled += count;
            if (_filled == BufferBytes)
            {
                await TurnAsync();
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
            throw Faults.Translate(failure);
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask SealAsync(
        ContentKey key, long sizeBytes, ReadOnlyMemory<byte> root, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        if (_written + _filled != sizeBytes)
        {
            throw new ArgumentException(
                $"{_written + _filled} bytes were written, not {sizeBytes}.", nameof(sizeBytes));
        }

        await TurnAsync();
        await _pending;
        try
        {
            FinishTree();
            var header = new LargeHeader(
                Id, key, sizeBytes, CopyHeader.Plain, _time.GetUtcNow(), Cid.ForRaw(root.Span), _treeWritten);
            header.Write(_filling);
            _content.WriteFully(_filling.AsSpan(0, LargeHeader.HeaderBytes), 0);
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

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        try
        {
            await _pending;
        }
        catch (LocationException)
        {
            // The writer was told when it happened.
        }

        _content.Dispose();
        _tree?.Dispose();
        ArrayPool<byte>.Shared.Return(_filling);
        ArrayPool<byte>.Shared.Return(_writing);
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
    /// Hands the full buffer to the disk and goes on with the other one, when the disk is done with that.
    /// </summary>
    private async ValueTask TurnAsync()
    {
        await _pending;
        var (bytes, count, offset) = (_filling, _filled, LargeHeader.HeaderBytes + _written);
        (_filling, _writing) = (_writing, _filling);
        _written += count;
        _filled = 0;

        // A thread of its own on purpose: the caller hashes the next buffer while this one is written and synced.
        _pending = Task.Run(() => WriteOut(bytes, count, offset), CancellationToken.None);
    }

    private void WriteOut(byte[] bytes, int count, long offset)
    {
        try
        {
            _content.WriteFully(bytes.AsSpan(0, count), offset);
            _unsynced += count;
            if (_unsynced >= BytesPerSync)
            {
                _content.SyncData(SyncPoint.LargePace);
                _unsynced = 0;
            }
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

    private void RequireOpen()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (IsSealed)
        {
            throw new InvalidOperationException("The content was sealed.");
        }
    }
}

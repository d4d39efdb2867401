using System.Buffers;
using System.Buffers.Binary;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace CimStore.Disk.Cold;

/// <summary>
/// Compresses content as it is pushed, frame by frame, and writes the seek table at the end. For one caller at a time.
/// </summary>
/// <remarks>
/// Holds one frame, its compressed form and 12 bytes per frame written: 3 MiB, and 12 KiB more per GiB of content.
/// After a failed write what was stored is of no use: the writer refuses everything but <see cref="Dispose"/>.
/// Compressing is done by the thread that calls.
/// </remarks>
internal sealed class SeekableZstdWriter : IDisposable
{
    /// <summary>zstd's own default; what other levels give is in ADR 0071.</summary>
    public const int Level = 3;

    private readonly WriteStored _write;
    private readonly int _frameSizeBytes;
    private readonly Compressor _compressor = new(Level);
    private readonly byte[] _frame;
    private readonly byte[] _stored;
    private readonly List<byte[]> _pages = [];
    private int _filledBytes;
    private int _frameCount;
    private bool _closed;
    private bool _disposed;

    public SeekableZstdWriter(WriteStored write, int frameSizeBytes = SeekableZstd.FrameSizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frameSizeBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frameSizeBytes, SeekableZstd.FrameSizeMaxBytes);
        _write = write;
        _frameSizeBytes = frameSizeBytes;
        _compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        _frame = ArrayPool<byte>.Shared.Rent(frameSizeBytes);
        _stored = ArrayPool<byte>.Shared.Rent(Compressor.GetCompressBound(frameSizeBytes));
    }

    /// <summary>Of the content taken and the bytes handed to the sink so far.</summary>
    public ColdSizes Sizes { get; private set; }

    /// <exception cref="InvalidOperationException">
    /// Finished, broken by an earlier failure, or more than 2^20 frames.
    /// </exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        while (content.Length > 0)
        {
            var taken = Math.Min(content.Length, _frameSizeBytes - _filledBytes);
            content.Span[..taken].CopyTo(_frame.AsSpan(_filledBytes));
            _filledBytes += taken;
            Sizes = Sizes with { ContentBytes = Sizes.ContentBytes + taken };
            content = content[taken..];
            if (_filledBytes == _frameSizeBytes)
            {
                await FlushFrameAsync(cancellationToken);
            }
        }
    }

    /// <summary>Writes the last frame and the seek table.</summary>
    /// <returns>The final sizes, which a reader must be told.</returns>
    /// <exception cref="InvalidOperationException">As for <see cref="WriteAsync"/>.</exception>
    public async ValueTask<ColdSizes> FinishAsync(CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        if (_filledBytes > 0)
        {
            await FlushFrameAsync(cancellationToken);
        }

        await PassOnAsync(_stored.AsMemory(0, PutTableHead()), cancellationToken);
        for (var page = 0; page < _pages.Count; page++)
        {
            var entries = Math.Min(SeekableZstd.EntriesPerPage, _frameCount - (page * SeekableZstd.EntriesPerPage));
            await PassOnAsync(_pages[page].AsMemory(0, entries * SeekableZstd.EntryBytes), cancellationToken);
        }

        await PassOnAsync(_stored.AsMemory(0, PutTableFoot()), cancellationToken);
        _closed = true;
        return Sizes;
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = _closed = true;
        _compressor.Dispose();
        ArrayPool<byte>.Shared.Return(_frame);
        ArrayPool<byte>.Shared.Return(_stored);
        _pages.ForEach(page => ArrayPool<byte>.Shared.Return(page));
        _pages.Clear();
    }

    private async ValueTask FlushFrameAsync(CancellationToken cancellationToken)
    {
        if (_frameCount == SeekableZstd.FramesMax)
        {
            _closed = true;
            throw new InvalidOperationException(
                $"More than {SeekableZstd.FramesMax} frames: content of this size is stored as it is.");
        }

        var size = _compressor.Wrap(_frame.AsSpan(0, _filledBytes), _stored);
        await PassOnAsync(_stored.AsMemory(0, size), cancellationToken);
        PutEntry(size);
        _filledBytes = 0;
    }

    /// <summary>The frame ends with its own checksum, which is the one that the entry wants.</summary>
    private void PutEntry(int storedSizeBytes)
    {
        var (page, at) = Math.DivRem(_frameCount, SeekableZstd.EntriesPerPage);
        if (page == _pages.Count)
        {
            _pages.Add(ArrayPool<byte>.Shared.Rent(SeekableZstd.PageBytes));
        }

        var entry = _pages[page].AsSpan(at * SeekableZstd.EntryBytes, SeekableZstd.EntryBytes);
        BinaryPrimitives.WriteInt32LittleEndian(entry, storedSizeBytes);
        BinaryPrimitives.WriteInt32LittleEndian(entry[4..], _filledBytes);
        _stored.AsSpan(storedSizeBytes - SeekableZstd.ChecksumBytes, SeekableZstd.ChecksumBytes).CopyTo(entry[8..]);
        _frameCount++;
    }

    private int PutTableHead()
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_stored, SeekableZstd.SkippableMagic);
        BinaryPrimitives.WriteInt32LittleEndian(
            _stored.AsSpan(4), (_frameCount * SeekableZstd.EntryBytes) + SeekableZstd.TableFootBytes);
        return SeekableZstd.TableHeadBytes;
    }

    private int PutTableFoot()
    {
        BinaryPrimitives.WriteInt32LittleEndian(_stored, _frameCount);
        _stored[4] = SeekableZstd.TableDescriptor;
        BinaryPrimitives.WriteUInt32LittleEndian(_stored.AsSpan(5), SeekableZstd.SeekableMagic);
        return SeekableZstd.TableFootBytes;
    }

    /// <summary>A write that fails half-way leaves the sink at a place nobody knows: nothing may follow it.</summary>
    private async ValueTask PassOnAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _closed = true;
        await _write(bytes, cancellationToken);
        _closed = false;
        Sizes = Sizes with { StoredBytes = Sizes.StoredBytes + bytes.Length };
    }

    private void ThrowIfClosed()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_closed)
        {
            throw new InvalidOperationException("Finished, or broken by a write that failed.");
        }
    }
}

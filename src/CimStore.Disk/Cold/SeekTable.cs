using System.Buffers;
using System.Buffers.Binary;
using CimStore.Disk.Log;
using CimStore.Locations;
using ZstdSharp;

namespace CimStore.Disk.Cold;

/// <summary>
/// The seek table of a stored form: walked and proved once, kept in pages. Asked by several threads at once.
/// </summary>
internal sealed class SeekTable : IDisposable
{
    /// <summary>16 pages x 48 KiB = 768 KiB: the whole table of content up to 64 GiB.</summary>
    public const int PagesKeptMax = 16;

    private readonly ReadStored _read;
    private readonly long _sizeBytes;
    private readonly long _tableOffset;
    private readonly Lock _lock = new();

    // Of each page the place of its first frame and the CRC-32C: 2^20 frames are 256 pages, 3 KiB.
    private readonly long[] _offsets;
    private readonly uint[] _checksums;

    // A page has one place, its index modulo the number of places; an empty place has no bytes.
    private readonly (int Page, byte[]? Bytes)[] _kept;

    private SeekTable(ReadStored read, ColdSizes sizes, int frameCount)
    {
        _read = read;
        _sizeBytes = sizes.ContentBytes;
        _tableOffset = sizes.StoredBytes - SeekableZstd.TableBytes(frameCount);
        FrameCount = frameCount;
        var pages = (frameCount + SeekableZstd.EntriesPerPage - 1) / SeekableZstd.EntriesPerPage;
        _offsets = new long[pages];
        _checksums = new uint[pages];
        _kept = new (int, byte[]?)[Math.Min(pages, PagesKeptMax)];
    }

    public int FrameCount { get; }

    /// <summary>Of the content in every frame but the last; 0 when there is none.</summary>
    public int FrameSizeBytes { get; private set; }

    /// <returns>Null when the copy is not there.</returns>
    /// <exception cref="IntegrityException">Damaged, or not the table of content and copy of these sizes.</exception>
    public static async ValueTask<SeekTable?> OpenAsync(
        ReadStored read, ColdSizes sizes, CancellationToken cancellationToken)
    {
        // The whole table of content up to 4 GiB comes with one read: from far away, it is the reads that cost.
        var tailBytes = (int)Math.Min(sizes.StoredBytes, SeekableZstd.TableBytes(SeekableZstd.EntriesPerPage));
        var tailOffset = sizes.StoredBytes - tailBytes;
        var tail = ArrayPool<byte>.Shared.Rent(tailBytes);
        SeekTable? unfinished = null;
        try
        {
            var count = await read.ReadFullyAsync(tailOffset, tail.AsMemory(0, tailBytes), cancellationToken);
            if (count is null)
            {
                return null;
            }

            ThrowIfCut(count.Value, tailBytes, tailOffset);
            var frameCount = ReadFoot(tail.AsSpan(0, tailBytes), sizes.StoredBytes);
            var table = unfinished = new SeekTable(read, sizes, frameCount);
            if (!await table.WalkAsync(ReadThroughTail, cancellationToken))
            {
                return null;
            }

            unfinished = null;
            return table;
        }
        finally
        {
            unfinished?.Dispose();
            ArrayPool<byte>.Shared.Return(tail);
        }

        ValueTask<int?> ReadThroughTail(long offset, Memory<byte> destination, CancellationToken token)
        {
            if (offset < tailOffset)
            {
                return read(offset, destination, token);
            }

            tail.AsMemory((int)(offset - tailOffset), destination.Length).CopyTo(destination);
            return new ValueTask<int?>(destination.Length);
        }
    }

    /// <returns>Null when the copy is not there any more.</returns>
    /// <exception cref="IntegrityException">The table is not what it was when it was opened.</exception>
    public async ValueTask<FrameEntry?> FindAsync(int frame, CancellationToken cancellationToken)
    {
        var page = frame / SeekableZstd.EntriesPerPage;
        if (FindKept(frame) is { } kept)
        {
            return kept;
        }

        var bytes = await LoadPageAsync(_read, page, cancellationToken);
        if (bytes is null)
        {
            return null;
        }

        if (Crc32C.Of(bytes.AsSpan(0, PageBytes(page))) != _checksums[page])
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw new IntegrityException($"Page {page} of the seek table is not what it was when it was opened.");
        }

        var entry = EntryOf(bytes, frame);
        Keep(page, bytes);
        return entry;
    }

    /// <summary>Nothing may be asked any more, and nothing that was asked be under way.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            for (var place = 0; place < _kept.Length; place++)
            {
                if (_kept[place].Bytes is { } bytes)
                {
                    ArrayPool<byte>.Shared.Return(bytes);
                    _kept[place] = default;
                }
            }
        }
    }

    private static int ReadFoot(ReadOnlySpan<byte> tail, long storedSizeBytes)
    {
        if (tail.Length < SeekableZstd.TableBytes(0))
        {
            throw Damaged($"{storedSizeBytes} bytes are fewer than an empty one has");
        }

        var foot = tail[^SeekableZstd.TableFootBytes..];
        if (BinaryPrimitives.ReadUInt32LittleEndian(foot[5..]) != SeekableZstd.SeekableMagic)
        {
            throw Damaged("it does not end with its magic number");
        }

        if (foot[4] != SeekableZstd.TableDescriptor)
        {
            throw Damaged($"its descriptor is {foot[4]:X2}");
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(foot);
        if (count > SeekableZstd.FramesMax || SeekableZstd.TableBytes(count) > storedSizeBytes)
        {
            throw Damaged($"{count} frames are above the limit, or have no room in {storedSizeBytes} bytes");
        }

        return (int)count;
    }

    /// <summary>Proves the whole table and notes where each page begins.</summary>
    private async ValueTask<bool> WalkAsync(ReadStored read, CancellationToken cancellationToken)
    {
        var head = new byte[SeekableZstd.TableHeadBytes];
        var count = await read.ReadFullyAsync(_tableOffset, head, cancellationToken);
        if (count is null)
        {
            return false;
        }

        ThrowIfCut(count.Value, head.Length, _tableOffset);
        ThrowIfNotHead(head);
        var offset = 0L;
        for (var page = 0; page < _offsets.Length; page++)
        {
            var bytes = await LoadPageAsync(read, page, cancellationToken);
            if (bytes is null)
            {
                return false;
            }

            Keep(page, bytes);
            offset = Walk(bytes, page, offset);
        }

        if (offset != _tableOffset)
        {
            throw Damaged($"its frames end at {offset}, it begins at {_tableOffset}");
        }

        return FrameCount > 0 || _sizeBytes == 0 ? true : throw Damaged($"no frames for {_sizeBytes} bytes");
    }

    private long Walk(byte[] bytes, int page, long offset)
    {
        _offsets[page] = offset;
        _checksums[page] = Crc32C.Of(bytes.AsSpan(0, PageBytes(page)));
        var first = page * SeekableZstd.EntriesPerPage;
        if (first == 0)
        {
            FrameSizeBytes = ReadFrameSize(bytes);
        }

        var storedMax = (uint)Compressor.GetCompressBound(FrameSizeBytes);
        for (var at = 0; at < PageBytes(page); at += SeekableZstd.EntryBytes)
        {
            var frame = first + (at / SeekableZstd.EntryBytes);
            var stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
            var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4));
            if (size != SizeOf(frame) || stored == 0 || stored > storedMax)
            {
                throw Damaged($"frame {frame} of {stored} stored bytes inflates to {size}, not {SizeOf(frame)}");
            }

            offset += stored;
        }

        return offset;
    }

    /// <summary>Read from the first entry, and right only when the content of this size has this many frames.</summary>
    private int ReadFrameSize(byte[] bytes)
    {
        var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4));
        if (size is 0 or > SeekableZstd.FrameSizeMaxBytes
            || (long)size * FrameCount < _sizeBytes || (long)size * (FrameCount - 1) >= _sizeBytes)
        {
            throw Damaged($"{FrameCount} frames of {size} bytes are not {_sizeBytes} bytes");
        }

        return (int)size;
    }

    private void ThrowIfNotHead(ReadOnlySpan<byte> head)
    {
        var expected = (uint)((FrameCount * SeekableZstd.EntryBytes) + SeekableZstd.TableFootBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(head) != SeekableZstd.SkippableMagic
            || BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) != expected)
        {
            throw Damaged($"it does not begin at {_tableOffset} as a table of {FrameCount} frames");
        }
    }

    /// <returns>Rented; null when the copy is not there.</returns>
    private async ValueTask<byte[]?> LoadPageAsync(ReadStored read, int page, CancellationToken cancellationToken)
    {
        var offset = _tableOffset + SeekableZstd.TableHeadBytes + ((long)page * SeekableZstd.PageBytes);
        var wanted = PageBytes(page);
        var bytes = ArrayPool<byte>.Shared.Rent(SeekableZstd.PageBytes);
        byte[]? unused = bytes;
        try
        {
            var count = await read.ReadFullyAsync(offset, bytes.AsMemory(0, wanted), cancellationToken);
            if (count is null)
            {
                return null;
            }

            ThrowIfCut(count.Value, wanted, offset);
            unused = null;
            return bytes;
        }
        finally
        {
            if (unused is not null)
            {
                ArrayPool<byte>.Shared.Return(unused);
            }
        }
    }

    private FrameEntry? FindKept(int frame)
    {
        var page = frame / SeekableZstd.EntriesPerPage;
        lock (_lock)
        {
            var (keptPage, bytes) = _kept[page % _kept.Length];
            return bytes is not null && keptPage == page ? EntryOf(bytes, frame) : null;
        }
    }

    /// <summary>A page that gives way is nobody's: entries are read under the lock.</summary>
    private void Keep(int page, byte[] bytes)
    {
        lock (_lock)
        {
            ref var place = ref _kept[page % _kept.Length];
            if (place.Bytes is { } before)
            {
                ArrayPool<byte>.Shared.Return(before);
            }

            place = (page, bytes);
        }
    }

    private FrameEntry EntryOf(byte[] bytes, int frame)
    {
        var (page, index) = Math.DivRem(frame, SeekableZstd.EntriesPerPage);
        var offset = _offsets[page];
        for (var at = 0; at < index; at++)
        {
            offset += BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at * SeekableZstd.EntryBytes));
        }

        var entry = bytes.AsSpan(index * SeekableZstd.EntryBytes, SeekableZstd.EntryBytes);
        return new FrameEntry(
            frame, offset, BinaryPrimitives.ReadInt32LittleEndian(entry), SizeOf(frame),
            BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]));
    }

    private int SizeOf(int frame) =>
        frame < FrameCount - 1 ? FrameSizeBytes : (int)(_sizeBytes - ((long)frame * FrameSizeBytes));

    private int PageBytes(int page) => SeekableZstd.EntryBytes
        * Math.Min(SeekableZstd.EntriesPerPage, FrameCount - (page * SeekableZstd.EntriesPerPage));

    private static void ThrowIfCut(int count, int wanted, long offset)
    {
        if (count < wanted)
        {
            throw Damaged($"what is stored ends at {offset + count}");
        }
    }

    private static IntegrityException Damaged(string why) => new($"The seek table of a zstd copy is damaged: {why}.");
}

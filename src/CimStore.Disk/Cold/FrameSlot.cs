using System.Buffers;
using System.Buffers.Binary;
using CimStore.Locations;
using ZstdSharp;

namespace CimStore.Disk.Cold;

/// <summary>Room for one inflated frame, and the means to inflate it.</summary>
/// <remarks>
/// <see cref="Frame"/>, <see cref="UserCount"/> and <see cref="UsedAt"/> belong to the reader's lock. A slot with users
/// keeps its frame, so its bytes may be copied without a lock.
/// </remarks>
internal sealed class FrameSlot : IDisposable
{
    // The descriptor's bits: reserved (3), checksum (2), dictionary (1-0).
    private const int DescriptorOffset = 4;
    private const int DescriptorMask = 0b1111;
    private const int DescriptorExpected = 0b0100;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Decompressor _decompressor = new();
    private readonly byte[] _inflated;
    private int _loadedFrame = -1;

    public FrameSlot(int frameSizeBytes) => _inflated = ArrayPool<byte>.Shared.Rent(frameSizeBytes);

    /// <summary>The frame that it holds, or that its users are about to inflate into it; -1 for none.</summary>
    public int Frame { get; set; } = -1;

    public int UserCount { get; set; }

    public long UsedAt { get; set; }

    /// <summary>Right after <see cref="LoadAsync"/>, for as long as the caller is a user.</summary>
    public ReadOnlyMemory<byte> Inflated => _inflated;

    /// <summary>Inflates the frame unless it is here; of several users one does it and the others wait.</summary>
    /// <returns>False when the copy is not there any more.</returns>
    /// <exception cref="IntegrityException">The frame is damaged; the next user tries again.</exception>
    public async ValueTask<bool> LoadAsync(
        SeekTable table, ReadStored read, int frame, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_loadedFrame == frame)
            {
                return true;
            }

            _loadedFrame = -1;
            var entry = await table.FindAsync(frame, cancellationToken);
            if (entry is null || !await InflateAsync(read, entry.Value, cancellationToken))
            {
                return false;
            }

            _loadedFrame = frame;
            return true;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Only when it has no users any more.</summary>
    public void Dispose()
    {
        _gate.Dispose();
        _decompressor.Dispose();
        ArrayPool<byte>.Shared.Return(_inflated);
    }

    private async ValueTask<bool> InflateAsync(ReadStored read, FrameEntry entry, CancellationToken cancellationToken)
    {
        var stored = ArrayPool<byte>.Shared.Rent(entry.StoredSizeBytes);
        try
        {
            var bytes = stored.AsMemory(0, entry.StoredSizeBytes);
            var count = await read.ReadFullyAsync(entry.Offset, bytes, cancellationToken);
            if (count is null)
            {
                return false;
            }

            if (count < bytes.Length)
            {
                throw Damaged(entry, $"what is stored ends at {entry.Offset + count}");
            }

            Inflate(entry, bytes.Span);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    /// <summary>
    /// zstd proves the piece by the checksum at the frame's end; that this is also the entry's is ours to see, and
    /// that the frame has one: a flipped bit could say that it has none.
    /// </summary>
    private void Inflate(FrameEntry entry, ReadOnlySpan<byte> stored)
    {
        if (stored.Length <= DescriptorOffset + SeekableZstd.ChecksumBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(stored) != SeekableZstd.FrameMagic
            || (stored[DescriptorOffset] & DescriptorMask) != DescriptorExpected)
        {
            throw Damaged(entry, "it is not a zstd frame with a checksum and without a dictionary");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(stored[^SeekableZstd.ChecksumBytes..]) != entry.Checksum)
        {
            throw Damaged(entry, "its checksum is not the one in the seek table");
        }

        try
        {
            var size = _decompressor.Unwrap(stored, _inflated.AsSpan(0, entry.SizeBytes));
            if (size != entry.SizeBytes)
            {
                throw Damaged(entry, $"it inflates to {size} bytes, not {entry.SizeBytes}");
            }
        }
        catch (ZstdException exception)
        {
            throw Damaged(entry, exception.Message, exception);
        }
    }

    private static IntegrityException Damaged(FrameEntry entry, string why, Exception? inner = null) => new(
        $"Frame {entry.Frame} of a zstd copy, {entry.StoredSizeBytes} bytes at {entry.Offset}, is damaged: {why}.",
        inner);
}

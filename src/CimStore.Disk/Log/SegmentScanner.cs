using System.Buffers.Binary;
using CimStore.Disk.Files;

namespace CimStore.Disk.Log;

/// <summary>Walks the batches of a segment and steps over what is none, by the rules of the format document.</summary>
internal sealed class SegmentScanner(IDiskFile file, SegmentIdentity identity, long offset, long endOffset)
{
    private const int ChunkBytes = 64 << 10;

    private byte[] _buffer = new byte[ChunkBytes];
    private long _chunkStart;
    private int _chunkLength;

    /// <summary>Nothing at or after it is looked at. It may grow between calls, with the log.</summary>
    public long End { get; set; } = endOffset;

    /// <summary>Where the next header is looked for.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>
    /// Bytes that are no batch and not zero, stepped over before the header last found; empty when none.
    /// </summary>
    public (long Start, long End) Skipped { get; private set; }

    /// <summary>Records that <see cref="Load"/> found damaged: their LSN (0 when unknown), offset and length.</summary>
    public List<(ulong Lsn, long Offset, long LengthBytes, LogRecord? Front)> Damaged { get; } = [];

    /// <summary>Finds the next header that counts in this segment.</summary>
    public bool TryNext(out BatchHeader header, out long at)
    {
        Skipped = default;
        while (Offset + LogFormat.BlockBytes <= End)
        {
            var block = Block(Offset);
            if (block.IsEmpty)
            {
                break;
            }

            at = Offset;
            if (BatchHeader.TryRead(block, out header) && header.Identity == identity)
            {
                Offset += header.LengthBytes;
                return true;
            }

            if (block.ContainsAnyExcept((byte)0))
            {
                Skipped = (Skipped.End == 0 ? at : Skipped.Start, at + LogFormat.BlockBytes);
            }

            Offset += LogFormat.BlockBytes;
        }

        header = default;
        at = 0;
        return false;
    }

    /// <summary>
    /// Reads and proves a batch. Damaged records are listed in <see cref="Damaged"/> and left out of the result.
    /// </summary>
    /// <returns>Null when the file ends before the batch does.</returns>
    public LogBatch? Load(in BatchHeader header, long at)
    {
        Damaged.Clear();
        _chunkLength = 0;
        var length = header.LengthBytes;
        if (at + length > End)
        {
            return null;
        }

        if (_buffer.Length < length)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(checked((int)length));
        }

        var bytes = _buffer.AsMemory(0, (int)length);
        if (file.Read(bytes.Span, at) < length)
        {
            return null;
        }

        var table = bytes.Span.Slice((int)header.TableOffset, header.RecordCount * LogFormat.TableEntryBytes);
        if (Crc32C.Of(table) != header.BodyChecksum)
        {
            RebuildTable(header, bytes.Span, table);
        }

        ProveRecords(header, at, bytes.Span, table);
        return new LogBatch(header, at, bytes);
    }

    private ReadOnlySpan<byte> Block(long at)
    {
        if (at < _chunkStart || at + LogFormat.BlockBytes > _chunkStart + _chunkLength)
        {
            // A header alone is read when batches follow each other; a whole chunk once they do not.
            var wanted = Skipped.End == 0 && at != _chunkStart + _chunkLength ? LogFormat.BlockBytes : ChunkBytes;
            _chunkStart = at;
            _chunkLength = file.Read(_buffer.AsSpan(0, (int)Math.Min(wanted, End - at)), at);
        }

        return _chunkLength < LogFormat.BlockBytes
            ? default
            : _buffer.AsSpan((int)(at - _chunkStart), LogFormat.BlockBytes);
    }

    /// <summary>
    /// The table is damaged: walks the records by their own lengths, as far as their fronts are intact.
    /// </summary>
    private static void RebuildTable(in BatchHeader header, ReadOnlySpan<byte> batch, Span<byte> table)
    {
        table.Clear();
        var start = LogFormat.BatchHeaderBytes;
        for (var index = 0; index < header.RecordCount; index++)
        {
            var lsnIsRight = RecordHead.TryRead(batch[start..(int)header.TableOffset], out var head)
                && (header.Kind != BatchKind.Records || head.Lsn == header.FirstLsn + (ulong)index);
            if (!lsnIsRight)
            {
                return;
            }

            var entry = (uint)start | ((ulong)head.Checksum << 32);
            BinaryPrimitives.WriteUInt64LittleEndian(table[(index * LogFormat.TableEntryBytes)..], entry);
            start += (int)LogFormat.AlignUp(head.LengthBytes, LogFormat.RecordAlignment);
        }
    }

    private void ProveRecords(in BatchHeader header, long at, ReadOnlySpan<byte> batch, Span<byte> table)
    {
        for (var index = 0; index < header.RecordCount; index++)
        {
            var entry = table.Slice(index * LogFormat.TableEntryBytes, LogFormat.TableEntryBytes);
            var start = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            var checksum = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
            RecordHead head = default;
            var frontIsIntact = start >= LogFormat.BatchHeaderBytes
                && start < header.TableOffset
                && RecordHead.TryRead(batch[(int)start..(int)header.TableOffset], out head)
                && head.Checksum == checksum;
            if (frontIsIntact
                && Crc32C.Of(batch.Slice((int)start + head.FrontBytes, head.PayloadBytes)) == head.PayloadChecksum)
            {
                continue;
            }

            var lsn = header.Kind == BatchKind.Records ? header.FirstLsn + (ulong)index : 0;
            Damaged.Add(frontIsIntact
                ? (head.Lsn, at + start, head.LengthBytes, FrontOf(head, at + start, batch[(int)start..]))
                : (lsn, at + start, 0, null));
            entry.Clear();
        }
    }

    /// <summary>In memory of its own: the buffer is used again.</summary>
    private LogRecord FrontOf(in RecordHead head, long offset, ReadOnlySpan<byte> record)
    {
        var front = record[..head.FrontBytes].ToArray();
        var position = new LogPosition(identity.Segment, (uint)offset, (int)head.LengthBytes);
        return LogRecord.From(head with { PayloadBytes = 0 }, front, position);
    }
}

using System.Buffers.Binary;

namespace CimStore.Disk.Log;

/// <summary>
/// A batch in the log's buffer, valid only during the call that hands it over. Enumerating gives its intact records;
/// damaged ones have been reported.
/// </summary>
internal readonly struct LogBatch(BatchHeader header, long offset, ReadOnlyMemory<byte> bytes)
{
    public BatchKind Kind => header.Kind;

    public ulong Number => header.Number;

    public ulong Epoch => header.Identity.Epoch;

    public ulong FirstLsn => header.FirstLsn;

    public int RecordCount => header.RecordCount;

    /// <summary>Stored with what was applied, it makes the next open start after this batch.</summary>
    public LogCursor End => new(
        header.Identity.Segment,
        offset,
        offset + header.LengthBytes,
        header.Number + 1,
        header.NextLsn,
        header.Checksum);

    internal BatchHeader Header => header;

    internal long Offset => offset;

    public Enumerator GetEnumerator() => new(header, offset, bytes);

    /// <summary>Walks the record table; an entry with offset 0 stands for a damaged record.</summary>
    public struct Enumerator(BatchHeader header, long offset, ReadOnlyMemory<byte> bytes)
    {
        private int _index = -1;

        public LogRecord Current { get; private set; }

        public bool MoveNext()
        {
            while (++_index < header.RecordCount)
            {
                var entry = (int)header.TableOffset + (_index * LogFormat.TableEntryBytes);
                var start = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[entry..]);
                if (start == 0)
                {
                    continue;
                }

                var head = RecordHead.Read(bytes.Span[start..]);
                var position = new LogPosition(
                    header.Identity.Segment, (uint)(offset + start), (int)head.LengthBytes);
                Current = LogRecord.From(head, bytes[start..], position);
                return true;
            }

            return false;
        }
    }
}

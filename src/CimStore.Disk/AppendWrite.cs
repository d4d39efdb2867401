using System.Buffers;
using CimStore.Disk.Catalog;
using CimStore.Disk.Log;
using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Disk;

/// <summary>
/// Changes on their way into the log as one write: all of them or none. Everything that does not depend on the place in
/// the chain was encoded by the caller; under the log's lock only position, link and hash are added.
/// </summary>
internal sealed class AppendWrite(IReadOnlyList<JournalChange> changes, PendingEntries chain, AppendScratch scratch)
    : LogWrite
{
    private readonly PreparedChange[] _prepared = new PreparedChange[changes.Count];
    private LogWriteSize _size;

    public JournalEntry[] Entries { get; } = new JournalEntry[changes.Count];

    public override LogWriteSize Size => _size;

    public void Prepare(int index, EntryDraft draft, MessageId eventId, DateTimeOffset at, in PreparedContent content)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(draft.SizeMax, LogFormat.MetaBytesMax, "entry");
        _prepared[index] = new PreparedChange(draft, eventId, at, content);
        _size = new LogWriteSize(
            _size.Records + 1, _size.Bytes + draft.SizeMax + content.Key.Length + content.Payload.Length);
    }

    public override void Write(BatchBuilder batch)
    {
        var head = chain.Head;
        for (var index = 0; index < _prepared.Length; index++)
        {
            ref readonly var prepared = ref _prepared[index];
            var lsn = new Lsn(batch.NextLsn);
            var meta = scratch.Room(prepared.Draft.SizeMax);
            var size = prepared.Draft.Seal(lsn, head, meta, out var cid);
            var content = prepared.Content;
            batch.Append(
                RecordKinds.Entry, content.Flags, content.Key.Span, meta[..size], content.Payload.Span);
            Entries[index] = new JournalEntry(
                lsn, prepared.EventId, prepared.At, changes[index].Context, changes[index].Event, cid, head);
            head = cid;
        }

        // Only now, when nothing can fail any more: a write that throws must leave no trace in the chain.
        for (var index = 0; index < Entries.Length; index++)
        {
            chain.Add(Entries[index], changes[index]);
        }
    }

    /// <summary>Gives back what was rented, once the log is done with it.</summary>
    public void Release(DraftPool drafts)
    {
        foreach (ref readonly var prepared in _prepared.AsSpan())
        {
            if (prepared.Draft is not null)
            {
                drafts.Return(prepared.Draft);
            }

            if (prepared.Content.Rented is { } rented)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    private readonly record struct PreparedChange(
        EntryDraft Draft, MessageId EventId, DateTimeOffset At, PreparedContent Content);
}

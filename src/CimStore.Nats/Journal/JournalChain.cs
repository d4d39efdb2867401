using CimStore.Content;
using CimStore.Journal;
using CimStore.Locations;

namespace CimStore.Nats.Journal;

/// <summary>
/// Gives entries their place: position and link follow from the order of the stream, so that writers need not agree
/// on them. Not for two threads at once.
/// </summary>
internal sealed class JournalChain
{
    private readonly EntryDraft _draft = new();
    private byte[] _buffer = new byte[1024];

    public JournalChain()
    {
    }

    /// <summary>Goes on from another's place.</summary>
    public JournalChain(ChainId? id, Cid? head) => (Id, Head) = (id, head);

    /// <summary>Null until the first message was read.</summary>
    public ChainId? Id { get; private set; }

    /// <summary>Names the last entry.</summary>
    public Cid? Head { get; private set; }

    /// <param name="sequence">Of the message.</param>
    /// <param name="payload">Its bytes.</param>
    /// <param name="entries">Get what the message tells of.</param>
    /// <exception cref="IntegrityException">It is none of a version known here, or of another chain.</exception>
    public void Read(ulong sequence, ReadOnlySpan<byte> payload, List<JournalEntry> entries)
    {
        if (Id is not { } chain)
        {
            Id = JournalMessage.ReadGenesis(payload);
            return;
        }

        var count = JournalMessage.ReadHead(ref payload);
        for (var index = 0; index < count; index++)
        {
            JournalMessage.ReadInto(_draft, ref payload);
            entries.Add(Seal(chain, sequence, index));
        }

        if (!payload.IsEmpty)
        {
            throw new IntegrityException($"Message {sequence} of the journal has bytes behind its entries.");
        }
    }

    private JournalEntry Seal(ChainId chain, ulong sequence, int index)
    {
        if (_buffer.Length < _draft.SizeMax)
        {
            _buffer = new byte[_draft.SizeMax];
        }

        var size = _draft.Seal(JournalPosition.Of(sequence, index), Head, _buffer, out var eventCid);
        var entry = EntryCodec.Read(_buffer.AsSpan(0, size), out var consumed, out var own);
        if (consumed != size || own != chain)
        {
            throw new IntegrityException($"Message {sequence} of the journal has an entry of another chain.");
        }

        Head = eventCid;
        return entry;
    }
}

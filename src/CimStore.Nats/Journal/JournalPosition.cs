using CimStore.Objects;

namespace CimStore.Nats.Journal;

/// <summary>
/// Where an entry is: its message's sequence, and its number in the message. As a number it stays below 2^53, which
/// readers of JSON keep exactly, for the first 2^37 messages.
/// </summary>
internal static class JournalPosition
{
    public const int EntriesMax = 255;

    /// <summary>Room for the number of the shard, which is 0 as long as there is one.</summary>
    private const int SequenceShift = 16;

    public static Lsn Of(ulong sequence, int index) => new((sequence << SequenceShift) | (uint)index);

    public static ulong SequenceOf(Lsn lsn) => lsn.Value >> SequenceShift;
}

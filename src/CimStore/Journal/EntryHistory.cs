using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>What an entry makes of the record before it; see <see cref="ObjectHistory"/>.</summary>
public static class EntryHistory
{
    /// <returns>The object's record after the entry; null while the object was never stored.</returns>
    public static ObjectRecord? ApplyTo(this JournalEntry entry, ObjectRecord? before) =>
        ObjectHistory.Apply(before, entry.Event, entry.Lsn, entry.At);

    /// <returns>The name's record after the entry; unchanged when the entry is about no name.</returns>
    public static NameRecord? ApplyTo(this JournalEntry entry, NameRecord? before) =>
        ObjectHistory.Apply(before, entry.Event, entry.Lsn, entry.At);
}

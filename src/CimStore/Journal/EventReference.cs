using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>The reference an event speaks of, whichever event it is.</summary>
internal static class EventReference
{
    public static Reference? Of(StorageEvent happened) => happened switch
    {
        StorageEvent.Stored stored => stored.Reference,
        StorageEvent.Deleted deleted => deleted.Reference,
        StorageEvent.Referenced referenced => referenced.Reference,
        StorageEvent.NameSet set => set.Reference,
        StorageEvent.NameDeleted deleted => deleted.Reference,
        _ => null,
    };
}

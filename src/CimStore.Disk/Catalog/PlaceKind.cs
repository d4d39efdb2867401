namespace CimStore.Disk.Catalog;

/// <summary>What a journal record still holds beside its entry.</summary>
internal enum PlaceKind : byte
{
    /// <summary>An entry that admitted no content.</summary>
    Entry = 0,

    /// <summary>The record's payload is the content.</summary>
    Inline = 1,

    /// <summary>The content is a file of its own.</summary>
    Large = 2,

    /// <summary>It admitted content that was given up since; a payload that is still there is garbage.</summary>
    Released = 3,
}

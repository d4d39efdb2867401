namespace CimStore.Disk.Catalog;

/// <summary>Types and flags of the log's records that belong to this layer.</summary>
internal static class RecordKinds
{
    /// <summary>
    /// Meta: the journal entry. Payload: the content it admits, if it is small. Key: the large file's id.
    /// </summary>
    public const ushort Entry = 1;

    /// <summary>Payload: counted accesses. Not part of the chain.</summary>
    public const ushort Accesses = 2;

    public const byte HasInline = 1;
    public const byte HasLarge = 2;

    /// <summary>The record admitted content which was given up; the payload was left behind by compaction.</summary>
    public const byte WasReleased = 4;

    public static PlaceKind Place(byte flags) => flags switch
    {
        _ when (flags & WasReleased) != 0 => PlaceKind.Released,
        _ when (flags & HasInline) != 0 => PlaceKind.Inline,
        _ when (flags & HasLarge) != 0 => PlaceKind.Large,
        _ => PlaceKind.Entry,
    };
}

using System.Collections.Immutable;
using System.Globalization;
using CimStore.Locations;
using CimStore.Objects;
using Types = CimStore.Journal.EventTypes;

namespace CimStore.Translation;

/// <summary>All placeholders; docs/translation.md lists them and a test holds the two together.</summary>
public static class Placeholders
{
    private static readonly string[] Referring = 
    [
        Types.Stored, Types.Deleted, Types.Referenced, Types.NameSet, Types.NameDeleted,
    ];

    public static readonly ImmutableArray<Placeholder> All =
    [
        new("event", [], true, entry => Scalar.Of(Types.Name(entry.Event))),
        new("subject", [], true, entry => Scalar.Of(Types.Subject(entry.Event))),
        new("event_id", [], true, entry => Scalar.Of(entry.EventId.ToString())),
        new("event_cid", [], true, entry => Scalar.Of(entry.EventCid.ToString())),
        new("sequence", [], true, entry => Whole(entry.Lsn.Value)),
        new("at", [], false, entry => Scalar.Of(Text(entry.At))),
        new("message", [], true, entry => Scalar.Of(entry.Context.MessageId.ToString())),
        new("correlation", [], true, entry => Scalar.Of(entry.Context.CorrelationId.ToString())),
        new("causation", [], true, entry => Scalar.Of(entry.Context.CausationId.ToString())),
        new("actor", [], false, entry => Scalar.Of(entry.Context.Actor)),
        new("cid", [], false, entry => Scalar.Of(ObjectHistory.KeyOf(entry.Event)?.Cid.ToString())),
        Of<StorageEvent.Stored>("size", Types.Stored, stored => Whole((ulong)stored.SizeBytes)),
        Of<StorageEvent.Stored>("root", Types.Stored, stored => Scalar.Of(stored.Root.ToString())),
        Of<StorageEvent.Stored>("class", Types.Stored, stored => Word(stored.Class)),
        Of<StorageEvent.Stored>("data_class", Types.Stored, stored => Word(stored.DataClass)),
        Of<StorageEvent.Stored>("pattern", Types.Stored, stored => Word(stored.Pattern)),
        Of<StorageEvent.Stored>("level", Types.Stored, stored => Word(stored.Receipt.Level)),
        Of<StorageEvent.Stored>("copies_owed", Types.Stored, stored => Whole((ulong)stored.Receipt.CopiesOwed)),
        Of<StorageEvent.Stored>("synced", Types.Stored, stored => Scalar.Of(stored.Receipt.Synced)),
        Of<StorageEvent.Stored>("deduplicated", Types.Stored, stored => Scalar.Of(stored.Deduplicated)),
        new("tier", [Types.Stored, Types.Migrated], true, entry => TierOf(entry.Event) is { } tier
            ? Word(tier)
            : Scalar.Null),
        Of<StorageEvent.Migrated>("from", Types.Migrated, moved => Word(moved.From)),
        Of<StorageEvent.Migrated>("to", Types.Migrated, moved => Word(moved.To)),
        new("copies", [Types.Stored, Types.Replicated], false, entry => entry.Event switch
        {
            StorageEvent.Stored stored => Whole((ulong)stored.Receipt.Copies.Length),
            StorageEvent.Replicated copied => Whole((ulong)copied.Replicas.Length),
            _ => Scalar.Null,
        }),
        new("location",
            [
                Types.Stored, Types.Retrieved, Types.Released, Types.Verified, Types.CorruptionDetected,
                Types.Repaired, Types.Recovered,
            ],
            false, entry => Scalar.Of(LocationOf(entry.Event)?.Name)),
        Of<StorageEvent.Retrieved>("latency_seconds", Types.Retrieved, read => Scalar.Number(
            read.Latency.TotalSeconds.ToString("R", CultureInfo.InvariantCulture))),
        Of<StorageEvent.Retrieved>("count", Types.Retrieved, read => Whole((ulong)read.Count)),
        Of<StorageEvent.Failed>("error", Types.Failed, failed => Scalar.Of(failed.Error)),
        new("detail", [Types.Failed, Types.CorruptionDetected], false, entry => entry.Event switch
        {
            StorageEvent.Failed failed => Scalar.Of(failed.Detail),
            StorageEvent.CorruptionDetected corrupt => Scalar.Of(corrupt.Detail),
            _ => Scalar.Null,
        }),
        new("owner", [.. Referring], false, entry => Scalar.Of(ReferenceOf(entry.Event)?.Owner.Name)),
        new("namespace", [.. Referring], false, entry => Scalar.Of(ReferenceOf(entry.Event)?.Namespace.Name)),
        new("name", [.. Referring], false, entry => Scalar.Of(ReferenceOf(entry.Event)?.Name)),
        Of<StorageEvent.NameSet>("previous_cid", Types.NameSet, set => Scalar.Of(set.PreviousCid?.ToString())),
        new("grace_ends_at", [Types.Stored, Types.Deleted, Types.NameDeleted], false, entry => entry.Event switch
        {
            StorageEvent.Stored { GraceEndsAt: { } end } => Scalar.Of(Text(end)),
            StorageEvent.Deleted { GraceEndsAt: { } end } => Scalar.Of(Text(end)),
            StorageEvent.NameDeleted { GraceEndsAt: { } end } => Scalar.Of(Text(end)),
            _ => Scalar.Null,
        }),
    ];

    public static Placeholder? Find(string name) => All.FirstOrDefault(placeholder => placeholder.Name == name);

    /// <summary>The tier that a template can ask for: where content went.</summary>
    internal static StorageTier? TierOf(StorageEvent happened) => happened switch
    {
        StorageEvent.Stored stored => stored.Tier,
        StorageEvent.Migrated moved => moved.To,
        _ => null,
    };

    private static LocationId? LocationOf(StorageEvent happened) => happened switch
    {
        StorageEvent.Stored stored => stored.Location,
        StorageEvent.Retrieved read => read.Location,
        StorageEvent.Released released => released.Location,
        StorageEvent.Verified verified => verified.Location,
        StorageEvent.CorruptionDetected corrupt => corrupt.Location,
        StorageEvent.Repaired repaired => repaired.Copy.Location,
        StorageEvent.Recovered recovered => recovered.Copy.Location,
        _ => null,
    };

    private static Reference? ReferenceOf(StorageEvent happened) => happened switch
    {
        StorageEvent.Stored stored => stored.Reference,
        StorageEvent.Deleted deleted => deleted.Reference,
        StorageEvent.Referenced referenced => referenced.Reference,
        StorageEvent.NameSet set => set.Reference,
        StorageEvent.NameDeleted deleted => deleted.Reference,
        _ => null,
    };

    private static Placeholder Of<T>(string name, string type, Func<T, Scalar> read)
        where T : StorageEvent => new(
            name, [type], name is "from" or "to" or "class" or "data_class" or "level",
            entry => entry.Event is T happened ? read(happened) : Scalar.Null);

    private static Scalar Whole(ulong value) => Scalar.Number(value.ToString(CultureInfo.InvariantCulture));

    private static Scalar Word<T>(T value)
        where T : struct, Enum => Scalar.Of(value.ToString().ToLowerInvariant());

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}

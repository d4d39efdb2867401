using System.Diagnostics;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>The names of events on the wire: explicit, never a CLR name.</summary>
public static class EventTypes
{
    public const string Stored = "storage.stored";
    public const string Retrieved = "storage.retrieved";
    public const string Replicated = "storage.replicated";
    public const string Migrated = "storage.migrated";
    public const string Failed = "storage.failed";
    public const string Deleted = "storage.deleted";
    public const string Released = "storage.released";
    public const string Verified = "storage.verified";
    public const string CorruptionDetected = "storage.corruption_detected";
    public const string Repaired = "storage.repaired";
    public const string Recovered = "storage.recovered";
    public const string Referenced = "storage.referenced";
    public const string NameSet = "storage.name_set";
    public const string NameDeleted = "storage.name_deleted";
    public const string Unchanged = "storage.unchanged";

    public static string Name(StorageEvent happened) => happened switch
    {
        StorageEvent.Stored => Stored,
        StorageEvent.Retrieved => Retrieved,
        StorageEvent.Replicated => Replicated,
        StorageEvent.Migrated => Migrated,
        StorageEvent.Failed => Failed,
        StorageEvent.Deleted => Deleted,
        StorageEvent.Released => Released,
        StorageEvent.Verified => Verified,
        StorageEvent.CorruptionDetected => CorruptionDetected,
        StorageEvent.Repaired => Repaired,
        StorageEvent.Recovered => Recovered,
        StorageEvent.Referenced => Referenced,
        StorageEvent.NameSet => NameSet,
        StorageEvent.NameDeleted => NameDeleted,
        StorageEvent.Unchanged => Unchanged,
        _ => throw new UnreachableException(),
    };

    /// <summary>The subject of D30; moves between tiers have the names of D8, reads their own tree (D17).</summary>
    public static string Subject(StorageEvent happened) => happened switch
    {
        StorageEvent.Stored stored => $"events.storage.stored.{Name(stored.Tier)}",
        StorageEvent.Migrated { To: StorageTier.Archive } => "events.storage.archived",
        StorageEvent.Migrated moved when moved.To < moved.From => $"events.storage.promoted.{Name(moved.To)}",
        StorageEvent.Migrated moved => $"events.storage.migrated.{Name(moved.To)}",
        StorageEvent.Retrieved => "reads.storage.retrieved",
        _ => $"events.{Name(happened)}",
    };

    private static string Name(StorageTier tier) => tier switch
    {
        StorageTier.Hot => "hot",
        StorageTier.Warm => "warm",
        StorageTier.Cold => "cold",
        StorageTier.Archive => "archive",
        _ => throw new UnreachableException(),
    };
}

using System.Diagnostics;
using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Diagnostics;
using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Cli.Terminal;

/// <summary>One event as `cimstore events` prints it for people; with `--json` it is the envelope.</summary>
internal static class EventLine
{
    public static string Of(JournalEntry entry)
    {
        var cid = ObjectHistory.KeyOf(entry.Event)?.Cid.ToString() ?? "-";
        return $"{entry.Lsn}\t{Sizes.Of(entry.At)}\t{EventTypes.Name(entry.Event)}\t{cid}\t{Describe(entry.Event)}";
    }

    private static string Describe(StorageEvent happened) => happened switch
    {
        StorageEvent.Stored stored => Details(
            ("tier", JsonText.Of(stored.Tier)), ("size", Number(stored.SizeBytes)), ("location", stored.Location.Name),
            ("class", JsonText.Of(stored.Class)), ("synced", stored.Receipt.Synced ? "yes" : "no"),
            ("deduplicated", stored.Deduplicated ? "yes" : "no"), ("reference", Words(stored.Reference))),
        StorageEvent.Retrieved read => Details(("location", read.Location.Name), ("count", Number(read.Count))),
        StorageEvent.Replicated copied => Details(
            ("replicas", string.Join(',', copied.Replicas.Select(copy => copy.Location.Name)))),
        StorageEvent.Migrated moved => Details(("from", JsonText.Of(moved.From)), ("to", JsonText.Of(moved.To))),
        StorageEvent.Failed failed => Details(("error", failed.Error), ("detail", failed.Detail)),
        StorageEvent.Deleted deleted => Details(
            ("reference", Words(deleted.Reference)), ("grace-ends", Time(deleted.GraceEndsAt))),
        StorageEvent.Released released => Details(("location", released.Location.Name)),
        StorageEvent.Verified verified => Details(("location", verified.Location.Name)),
        StorageEvent.CorruptionDetected bad => Details(("location", bad.Location.Name), ("detail", bad.Detail)),
        StorageEvent.Repaired repaired => Details(("location", repaired.Copy.Location.Name)),
        StorageEvent.Recovered found => Details(
            ("tier", JsonText.Of(found.Tier)), ("size", Number(found.SizeBytes)),
            ("location", found.Copy.Location.Name), ("class", JsonText.Of(found.Class)),
            ("created", Time(found.CreatedAt))),
        StorageEvent.Referenced kept => Details(("reference", Words(kept.Reference))),
        StorageEvent.NameSet named => Details(
            ("name", Words(named.Reference)), ("previous", named.PreviousCid?.ToString())),
        StorageEvent.NameDeleted named => Details(
            ("name", Words(named.Reference)), ("grace-ends", Time(named.GraceEndsAt))),
        StorageEvent.Unchanged same => Details(("found", Number((long)same.Found.Value))),
        _ => throw new UnreachableException(),
    };

    private static string Details(params ReadOnlySpan<(string Key, string? Value)> all)
    {
        var words = new List<string>();
        foreach (var (key, value) in all)
        {
            if (value is not null)
            {
                words.Add($"{key}={LineEscape.Escape(value)}");
            }
        }

        return string.Join(' ', words);
    }

    private static string? Words(Reference? reference) => reference is null
        ? null
        : $"{reference.Owner}/{reference.Namespace}/{reference.Name ?? "(pin)"}";

    private static string? Time(DateTimeOffset? time) => time is { } at ? Sizes.Of(at) : null;

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

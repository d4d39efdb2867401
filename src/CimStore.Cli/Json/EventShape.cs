using System.Diagnostics;
using System.Globalization;
using CimStore.Cli.Terminal;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Cli.Json;

/// <summary>One event as `cimstore events` prints it.</summary>
internal static class EventShape
{
    public static EventJson Of(JournalEntry entry)
    {
        var (type, key, details) = Describe(entry.Event);
        return new EventJson(
            entry.Lsn.Value, type, entry.At, key?.Cid.ToString(), details, entry.EventId.ToString(),
            entry.Context.MessageId.ToString(), entry.Context.CorrelationId.ToString(),
            entry.Context.CausationId.ToString(), entry.Context.Actor, entry.EventCid.ToString(),
            entry.PreviousCid?.ToString());
    }

    public static string Line(JournalEntry entry)
    {
        var (type, key, details) = Describe(entry.Event);
        var words = string.Join(' ', details.Select(one => $"{one.Key}={LineEscape.Escape(one.Value)}"));
        return $"{entry.Lsn}\t{Sizes.Of(entry.At)}\t{type}\t{key?.Cid.ToString() ?? "-"}\t{words}";
    }

    private static (string Type, ContentKey? Key, Dictionary<string, string> Details) Describe(
        StorageEvent happened) => happened switch
    {
        StorageEvent.Stored stored => ($"stored.{JsonText.Of(stored.Tier)}", stored.Key, Details(
            ("size", Number(stored.SizeBytes)), ("location", stored.Location.Name),
            ("class", JsonText.Of(stored.Class)), ("synced", stored.Receipt.Synced ? "yes" : "no"),
            ("deduplicated", stored.Deduplicated ? "yes" : "no"), ("reference", Words(stored.Reference)))),
        StorageEvent.Retrieved read => ("retrieved", read.Key, Details(("location", read.Location.Name))),
        StorageEvent.Replicated copied => ("replicated", copied.Key, Details(
            ("replicas", string.Join(',', copied.Replicas.Select(copy => copy.Location.Name))))),
        StorageEvent.Migrated moved => ("migrated." + JsonText.Of(moved.To), moved.Key, Details(
            ("from", JsonText.Of(moved.From)), ("to", JsonText.Of(moved.To)))),
        StorageEvent.Failed failed => ("failed", failed.Key, Details(
            ("error", failed.Error), ("detail", failed.Detail))),
        StorageEvent.Deleted deleted => ("deleted", deleted.Key, Details(
            ("reference", Words(deleted.Reference)), ("grace-ends", Time(deleted.GraceEndsAt)))),
        StorageEvent.Released released => ("released", released.Key, Details(("location", released.Location.Name))),
        StorageEvent.Verified verified => ("verified", verified.Key, Details(("location", verified.Location.Name))),
        StorageEvent.CorruptionDetected bad => ("corruption-detected", bad.Key, Details(
            ("location", bad.Location.Name), ("detail", bad.Detail))),
        StorageEvent.Repaired repaired => ("repaired", repaired.Key, Details(
            ("location", repaired.Copy.Location.Name))),
        StorageEvent.NameSet named => ("name-set", named.Target, Details(
            ("name", Words(named.Reference)), ("previous", named.PreviousCid?.ToString()))),
        StorageEvent.NameDeleted named => ("name-deleted", named.Target, Details(
            ("name", Words(named.Reference)), ("grace-ends", Time(named.GraceEndsAt)))),
        _ => throw new UnreachableException(),
    };

    private static Dictionary<string, string> Details(params ReadOnlySpan<(string Key, string? Value)> all)
    {
        var details = new Dictionary<string, string>();
        foreach (var (key, value) in all)
        {
            if (value is not null)
            {
                details.Add(key, value);
            }
        }

        return details;
    }

    private static string? Words(Reference? reference) => reference is null
        ? null
        : $"{reference.Owner}/{reference.Namespace}/{reference.Name ?? "(pin)"}";

    private static string? Time(DateTimeOffset? time) => time is { } at ? Sizes.Of(at) : null;

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

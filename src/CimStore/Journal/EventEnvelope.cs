using System.Text.Json;
using System.Text.Json.Nodes;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>
/// The form in which events leave for the rest of a CIM: its envelope, with the seed's fields in <c>data</c>. Nothing
/// of an entry is lost on the way; docs/schemas/event.json is the schema.
/// </summary>
public static class EventEnvelope
{
    public const int Version = 1;

    public static byte[] Write(JournalEntry entry) => JsonSerializer.SerializeToUtf8Bytes(
        ToJson(entry), EnvelopeJsonContext.Default.JsonObject);

    /// <exception cref="IntegrityException">Not an envelope of a version and type that are known here.</exception>
    public static JournalEntry Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var json = JsonNode.Parse(utf8)?.AsObject() ?? throw new IntegrityException("An envelope is an object.");
            return FromJson(json);
        }
        catch (Exception fault) when (fault is JsonException or FormatException or InvalidOperationException
            or KeyNotFoundException or OverflowException or ArgumentException)
        {
            throw new IntegrityException($"Not an event envelope: {fault.Message}", fault);
        }
    }

    private static JsonObject ToJson(JournalEntry entry)
    {
        var key = ObjectHistory.KeyOf(entry.Event);
        var digest = entry.Context.RequestDigest;
        var json = new JsonObject
        {
            ["event_id"] = entry.EventId.ToString(),
            ["event_type"] = EventTypes.Name(entry.Event),
            ["event_version"] = Version,
            ["aggregate_id"] = key?.Cid.ToString(),
            ["sequence"] = entry.Lsn.Value,
            ["timestamp"] = EnvelopeFields.Text(entry.At),
            ["command_id"] = entry.Context.MessageId.ToString(),
            ["correlation_id"] = entry.Context.CorrelationId.ToString(),
            ["causation_id"] = entry.Context.CausationId.ToString(),
            ["actor"] = entry.Context.Actor,
            ["payload_cid"] = key?.Cid.ToString(),
            ["event_cid"] = entry.EventCid.ToString(),
            ["previous_cid"] = entry.PreviousCid?.ToString(),
            ["subject"] = EventTypes.Subject(entry.Event),
            ["data"] = EnvelopeFields.Write(entry.Event),
        };
        if (!digest.IsEmpty)
        {
            json["request_digest"] = Convert.ToHexStringLower(digest.Span);
        }

        if (key is { Domain: { IsShared: false } domain })
        {
            json["dedup_domain"] = domain.Tag;
        }

        return json;
    }

    private static JournalEntry FromJson(JsonObject json)
    {
        var version = EnvelopeFields.Number(json, "event_version");
        if (version != Version)
        {
            throw new IntegrityException($"An event of version {version}; this program reads {Version}.");
        }

        var domain = json.ContainsKey("dedup_domain")
            ? new DedupDomain((ulong)EnvelopeFields.Number(json, "dedup_domain")) : DedupDomain.Shared;
        ContentKey? key = json["aggregate_id"] is { } about
            ? new ContentKey(domain, Cid.Parse(about.GetValue<string>())) : null;
        var digest = json["request_digest"] is { } hex ? Convert.FromHexString(hex.GetValue<string>()) : [];
        var context = new EventContext(
            Id(json, "command_id"), Id(json, "correlation_id"), Id(json, "causation_id"),
            EnvelopeFields.Text(json, "actor"), digest);
        var data = json["data"]?.AsObject() ?? throw new IntegrityException("An envelope has data.");
        return new JournalEntry(
            new Lsn((ulong)EnvelopeFields.Number(json, "sequence")), Id(json, "event_id"),
            EnvelopeFields.Instant(json, "timestamp")!.Value, context,
            EnvelopeFields.Read(EnvelopeFields.Text(json, "event_type"), key, data),
            Cid.Parse(EnvelopeFields.Text(json, "event_cid")),
            json["previous_cid"] is { } previous ? Cid.Parse(previous.GetValue<string>()) : null);
    }

    private static MessageId Id(JsonObject json, string name) => new(Guid.Parse(EnvelopeFields.Text(json, name)));
}

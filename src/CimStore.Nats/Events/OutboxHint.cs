using System.Text.Json;
using CimStore.Content;
using CimStore.Objects;

namespace CimStore.Nats.Events;

/// <summary>
/// How far the journal was published, so that not all of a stream has to be looked through. Everything up to the LSN is
/// in the streams; what is behind it lies behind the sequences.
/// </summary>
/// <param name="EventCid">Of the entry at that LSN: a journal that has another one there is not the one published.
/// </param>
internal sealed record OutboxHint(Lsn Lsn, Cid? EventCid, ulong EventsSequence, ulong ReadsSequence)
{
    public static readonly OutboxHint None = new(Lsn.None, null, 0, 0);

    public static OutboxHint? Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            using var json = JsonDocument.ParseValue(ref reader);
            var root = json.RootElement;
            return new OutboxHint(
                new Lsn(root.GetProperty("lsn").GetUInt64()), Cid.Parse(root.GetProperty("event_cid").GetString()!),
                root.GetProperty("events_sequence").GetUInt64(), root.GetProperty("reads_sequence").GetUInt64());
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException)
        {
            // A hint saves time and decides nothing: without one all of the streams is looked through.
            return null;
        }
    }

    public byte[] Write()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("lsn", Lsn.Value);
            json.WriteString("event_cid", EventCid.ToString());
            json.WriteNumber("events_sequence", EventsSequence);
            json.WriteNumber("reads_sequence", ReadsSequence);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}

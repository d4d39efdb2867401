using System.Buffers;
using CimStore.Content;
using CimStore.Journal;
using CimStore.Objects;
using NATS.Client.Core;

namespace CimStore.Nats.Events;

/// <summary>An entry of the journal as a message.</summary>
internal static class EventMessage
{
    private const string Json = "application/json";
    private const string DagCborType = "application/vnd.ipld.dag-cbor";

    public static NatsHeaders Headers(JournalEntry entry, Cid chain, EventFormat format)
    {
        var headers = new NatsHeaders
        {
            [EventHeaders.DeduplicationId] = entry.EventId.ToString(),
            [EventHeaders.ContentType] = format == EventFormat.Json ? Json : DagCborType,
            [EventHeaders.MessageId] = entry.EventId.ToString(),
            [EventHeaders.CorrelationId] = entry.Context.CorrelationId.ToString(),

            // The event was caused by its command (D31); what caused the command is in the body.
            [EventHeaders.CausationId] = entry.Context.MessageId.ToString(),
            [EventHeaders.EventId] = entry.EventId.ToString(),
            [EventHeaders.EventCid] = entry.EventCid.ToString(),
            [EventHeaders.EventType] = EventTypes.Name(entry.Event),
            [EventHeaders.Sequence] = entry.Lsn.ToString(),
            [EventHeaders.Chain] = chain.ToString(),
        };
        if (entry.PreviousCid is { } previous)
        {
            headers[EventHeaders.PreviousCid] = previous.ToString();
        }

        if (ObjectHistory.KeyOf(entry.Event) is { } about)
        {
            headers[EventHeaders.AggregateId] = about.Cid.ToString();
        }

        return headers;
    }

    public static ReadOnlyMemory<byte> Body(JournalEntry entry, EventFormat format)
    {
        var json = EventEnvelope.Write(entry);
        if (format == EventFormat.Json)
        {
            return json;
        }

        var cbor = new ArrayBufferWriter<byte>(json.Length);
        DagCbor.Encode(DagJson.DecodeLoose(json), cbor);
        return cbor.WrittenMemory;
    }
}

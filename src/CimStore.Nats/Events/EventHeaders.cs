namespace CimStore.Nats.Events;

/// <summary>Names of the headers of events; docs/nats.md is the page for users.</summary>
internal static class EventHeaders
{
    public const string DeduplicationId = "Nats-Msg-Id";
    public const string ContentType = "Content-Type";
    public const string MessageId = "X-Message-ID";
    public const string CorrelationId = "X-Correlation-ID";
    public const string CausationId = "X-Causation-ID";
    public const string EventId = "X-Event-ID";
    public const string EventCid = "X-Event-CID";
    public const string PreviousCid = "X-Previous-CID";
    public const string EventType = "X-Event-Type";
    public const string Sequence = "X-Sequence";
    public const string AggregateId = "X-Aggregate-ID";

    /// <summary>The CID of the first entry of the journal that the event belongs to: its name for ever.</summary>
    public const string Chain = "X-Chain-ID";
}

namespace CimStore.Nats.Events;

/// <summary>How the body of an event is written; the members are the same.</summary>
public enum EventFormat
{
    Json,
    DagCbor,
}

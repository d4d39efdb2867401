namespace CimStore.Nats.Locations;

/// <summary>An object under a name of ours, whoever wrote it.</summary>
internal sealed record FoundObject(CopyName Name, ulong Incarnation, string Subject, ObjectInfo Info);

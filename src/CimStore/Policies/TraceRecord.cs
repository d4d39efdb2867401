namespace CimStore.Policies;

/// <summary>One access of a trace.</summary>
/// <param name="Cid">
/// What is accessed. It is compared and not parsed, so that traces of other systems can be replayed under their own
/// keys.
/// </param>
/// <param name="SizeBytes">Of the object; read for puts only.</param>
public readonly record struct TraceRecord(DateTimeOffset At, string Cid, long SizeBytes, TraceOperation Operation);

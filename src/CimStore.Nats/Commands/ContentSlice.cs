namespace CimStore.Nats.Commands;

/// <summary>The part of a content that is asked for.</summary>
internal readonly record struct ContentSlice(long Offset, long LengthBytes);

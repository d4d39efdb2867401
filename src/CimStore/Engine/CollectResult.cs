namespace CimStore.Engine;

/// <summary>What a collection gave up (objects) and gave back (bytes).</summary>
public sealed record CollectResult(int ObjectsReleased, long BytesGivenBack);

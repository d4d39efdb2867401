namespace CimStore.Engine;

/// <summary>What a collection gave up, and what of the log's space compaction gave back.</summary>
/// <param name="ObjectsReleased">Contents whose grace was over.</param>
/// <param name="BytesReleased">
/// Their bytes, each copy counted: a large file's are free at once, a small one's when its segment is compacted.
/// </param>
/// <param name="BytesGivenBack">Bytes of segments that compaction emptied.</param>
public sealed record CollectResult(int ObjectsReleased, long BytesReleased, long BytesGivenBack);

namespace CimStore.Nats.Locations;

/// <summary>One stream of bytes cut into chunks: the content of an object, or its tree.</summary>
/// <param name="Nuid">The last word of its chunks' subject.</param>
/// <param name="SizeBytes">Of all chunks together.</param>
/// <param name="ChunkSizeBytes">Of each but the last.</param>
/// <param name="Sequences">Where they are.</param>
internal sealed record ChunkSet(string Nuid, long SizeBytes, int ChunkSizeBytes, SequenceRuns Sequences)
{
    public int Count => CountOf(SizeBytes, ChunkSizeBytes);

    public static int CountOf(long sizeBytes, int chunkSizeBytes) =>
        checked((int)((sizeBytes + chunkSizeBytes - 1) / chunkSizeBytes));

    public int SizeOf(int chunk) => (int)Math.Min(ChunkSizeBytes, SizeBytes - ((long)chunk * ChunkSizeBytes));
}

namespace CimStore.Disk.Pool;

/// <summary>Types of the records in a shard log.</summary>
internal static class ShardRecords
{
    /// <summary>Key: the CID. Meta: <see cref="ShardDescription"/>. Payload: the shard, if no file has it.</summary>
    public const ushort Shard = 16;

    /// <summary>Key: the CID. Meta: domain and incarnation of the copy that was given up. No payload.</summary>
    public const ushort Release = 17;
}

namespace CimStore.Disk.Pool;

/// <summary>A place in a pool: the directory that is there, or why it is not used.</summary>
internal sealed class PoolSlot(int number, int set, int index, string path)
{
    /// <summary>Through all sets, in their order.</summary>
    public int Number { get; } = number;

    public int Set { get; } = set;

    /// <summary>Which shard of a copy lies here.</summary>
    public int Index { get; } = index;

    public string Path { get; } = path;

    /// <summary>Null while it is not used.</summary>
    public ShardDirectory? Directory { get; set; }

    /// <summary>Why it is not used, in words; null when it is.</summary>
    public string? Fault { get; set; }
}

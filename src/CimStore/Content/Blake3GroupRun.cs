namespace CimStore.Content;

/// <summary>Neighbouring groups that form one subtree.</summary>
internal readonly record struct Blake3GroupRun(long First, long Count)
{
    /// <summary>Subtrees up to this size are hashed in one go: 16 groups are 256 KiB.</summary>
    public const int WholeMax = Blake3Subtree.ChunksMax / Blake3Outboard.GroupChunks;

    public long End => First + Count;

    public Blake3GroupRun Left => new(First, Blake3Outboard.LeftGroups(Count));

    public Blake3GroupRun Right => new(Left.End, Count - Left.Count);

    public long NodeOffset => Blake3Outboard.NodeOffset(First, Count);

    /// <summary>Whether a reader of [at, end) checks this subtree's bytes at once, without its node.</summary>
    public bool IsTakenWhole(long at, long end) => First == at && End <= end && Count <= WholeMax;
}

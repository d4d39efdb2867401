namespace CimStore.Disk.Pool;

/// <summary>
/// Where the bytes of a stream lie in its shards: in stripes of one cell a shard, each cell followed by its check.
/// <c>docs/formats/pool.md</c> draws it.
/// </summary>
internal readonly record struct StripeLayout(int DataShards, int BlockBytes, long LengthBytes)
{
    public const int CheckBytes = sizeof(uint);

    public int StripeBytes => DataShards * BlockBytes;

    public long Stripes => (LengthBytes + StripeBytes - 1) / StripeBytes;

    /// <summary>Of every shard's file or record, checks included.</summary>
    public long ShardBytes => Stripes == 0
        ? 0
        : ((Stripes - 1) * (BlockBytes + CheckBytes)) + CellBytes(Stripes - 1) + CheckBytes;

    /// <summary>The last stripe is shared among the shards as evenly as the others.</summary>
    public int CellBytes(long stripe)
    {
        var rest = LengthBytes - (stripe * StripeBytes);
        return rest >= StripeBytes ? BlockBytes : (int)((rest + DataShards - 1) / DataShards);
    }

    public long CellOffset(long stripe) => stripe * (BlockBytes + CheckBytes);

    /// <summary>How many bytes of the stream the stripe holds.</summary>
    public int FilledBytes(long stripe) => (int)Math.Min(StripeBytes, LengthBytes - (stripe * StripeBytes));
}

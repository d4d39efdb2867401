namespace CimStore.Disk.Pool;

/// <summary>
/// Where the bytes of a stream lie in its shards: in stripes of one cell a shard, each cell followed by its check.
/// <c>docs/formats/pool.md</c> draws it.
/// </summary>
internal readonly record struct StripeLayout(int DataShards, int BlockBytes, long LengthBytes)
{
    public const int CheckBytes = sizeof(uint);

    private const int PageBytes = 4096;
    private const int ApartBytes = 512;

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

    /// <summary>
    /// How far apart in memory so many bytes of each shard lie best: eight of them then begin in different sets of the
    /// processor's caches, and no write is taken for one to the page offset that is read beside it.
    /// </summary>
    public static int Apart(int bytes)
    {
        var pages = (bytes + PageBytes - 1) / PageBytes * PageBytes;
        return bytes <= pages - PageBytes + ApartBytes ? pages - PageBytes + ApartBytes : pages + ApartBytes;
    }

    /// <summary>How many bytes of the stream the stripe holds.</summary>
    public int FilledBytes(long stripe) => (int)Math.Min(StripeBytes, LengthBytes - (stripe * StripeBytes));
}

using CimStore.Disk.Foreign;
using CimStore.Http;

namespace CimStore.Server;

/// <summary>What one client, or all together, may take from the node.</summary>
public sealed class ServerLimits
{
    /// <summary>All headers of one request.</summary>
    public int HeaderSizeMaxBytes { get; set => field = Limit.Between(value, 1024, 1024 * 1024); } = 32 * 1024;

    /// <summary>One stored content. 1 TiB: far above what is stored, and below what breaks arithmetic.</summary>
    public long ContentSizeMaxBytes { get; set => field = Limit.Between(value, 0L, 1L << 50); } = 1L << 40;

    /// <summary>Bodies that are read as a whole (JSON).</summary>
    public int BodySizeMaxBytes { get; set => field = Limit.Between(value, 1024, 64 * 1024 * 1024); } = 1024 * 1024;

    /// <summary>One batch; it is held in memory until its one sync. 16 MiB x 4 in flight = 64 MiB.</summary>
    public int BatchSizeMaxBytes
    {
        get;
        set => field = Limit.Between(value, 1024, 256 * 1024 * 1024);
    } = HttpStorageClient.BatchSizeMaxBytes + (1024 * 1024);

    public int BatchesInFlightMax { get; set => field = Limit.Between(value, 1, 1024); } = 4;

    /// <summary>Requests that are worked on at once; feeds and health are not counted.</summary>
    public int RequestsInFlightMax { get; set => field = Limit.Between(value, 1, 100_000); } = 512;

    /// <summary>Requests that wait for their turn; the next one is answered 503 with Retry-After.</summary>
    public int RequestsQueuedMax { get; set => field = Limit.Between(value, 0, 100_000); } = 1024;

    public int ConnectionsMax { get; set => field = Limit.Between(value, 1, 1_000_000); } = 10_000;

    /// <summary>Event feeds and watches at once.</summary>
    public int FeedsMax { get; set => field = Limit.Between(value, 1, 100_000); } = 256;

    public TimeSpan FeedHeartbeat
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10));
    } = TimeSpan.FromSeconds(15);

    /// <summary>A body, or a reader of ours, slower than this for <see cref="DataRateGrace"/> is cut off.</summary>
    public double DataRateMinBytesPerSecond { get; set => field = Limit.Between(value, 1.0, 1e9); } = 240;

    /// <summary>Kestrel looks once a second; below that nothing can be promised.</summary>
    public TimeSpan DataRateGrace
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromSeconds(1.1), TimeSpan.FromMinutes(10));
    } = TimeSpan.FromSeconds(10);

    public TimeSpan HeadersTimeout
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
    } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a node that was asked to stop still takes requests while it says that it is not ready: the time that a
    /// balancer needs to notice. None by default, since most nodes have none before them.
    /// </summary>
    public TimeSpan DrainDelay
    {
        get;
        set => field = Limit.Between(value, TimeSpan.Zero, TimeSpan.FromHours(1));
    } = TimeSpan.Zero;

    /// <summary>How long requests in flight may go on after a stop was asked for.</summary>
    public TimeSpan ShutdownGrace
    {
        get;
        set => field = Limit.Between(value, TimeSpan.Zero, TimeSpan.FromHours(1));
    } = TimeSpan.FromSeconds(20);

    public int UploadsMax { get; set => field = Limit.Between(value, 0, 10_000); } = 64;

    /// <summary>An upload to which nothing was added for so long is given up.</summary>
    public TimeSpan UploadIdleMax
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7));
    } = TimeSpan.FromHours(1);

    /// <summary>One event of another context, with what content it carries inline; held in memory.</summary>
    public int ForeignEventSizeMaxBytes
    {
        get;
        set => field = Limit.Between(value, 1024, DeadLetterFiles.EventSizeMaxBytes);
    } = 1024 * 1024;

    /// <summary>
    /// Events kept because no rule could translate them; the next one is answered 503. 1,000 x 1 MiB = 1 GiB at most.
    /// </summary>
    public int DeadLettersMax { get; set => field = Limit.Between(value, 0, 100_000); } = 1000;

    /// <summary>Below this much free space the node says that it is not ready to store.</summary>
    public long FreeSpaceMinBytes { get; set => field = Limit.Between(value, 0L, 1L << 50); } = 256L * 1024 * 1024;
}

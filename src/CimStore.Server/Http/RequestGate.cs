using System.Threading.RateLimiting;

namespace CimStore.Server.Http;

/// <summary>
/// Bounds what the node works on at once: requests, batches, feeds. What does not fit waits briefly or is told so.
/// </summary>
internal sealed class RequestGate(ServerLimits limits) : IDisposable
{
    private readonly ConcurrencyLimiter _requests = Create(limits.RequestsInFlightMax, limits.RequestsQueuedMax);
    private readonly ConcurrencyLimiter _batches = Create(limits.BatchesInFlightMax, limits.RequestsQueuedMax);
    private readonly ConcurrencyLimiter _feeds = Create(limits.FeedsMax, 0);

    public ValueTask<RateLimitLease> EnterRequestAsync(CancellationToken cancellationToken) =>
        EnterAsync(_requests, cancellationToken);

    public ValueTask<RateLimitLease> EnterBatchAsync(CancellationToken cancellationToken) =>
        EnterAsync(_batches, cancellationToken);

    public ValueTask<RateLimitLease> EnterFeedAsync(CancellationToken cancellationToken) =>
        EnterAsync(_feeds, cancellationToken);

    public void Dispose()
    {
        _requests.Dispose();
        _batches.Dispose();
        _feeds.Dispose();
    }

    private static ConcurrencyLimiter Create(int permits, int queue) => new(new ConcurrencyLimiterOptions
    {
        PermitLimit = permits,
        QueueLimit = queue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    private static async ValueTask<RateLimitLease> EnterAsync(
        ConcurrencyLimiter limiter, CancellationToken cancellationToken)
    {
        var lease = await limiter.AcquireAsync(1, cancellationToken);
        if (lease.IsAcquired)
        {
            return lease;
        }

        lease.Dispose();
        throw ProblemWriter.Refuse("too-many-requests", "The node works on as much as it may; nothing was done.");
    }
}

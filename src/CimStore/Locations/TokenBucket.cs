namespace CimStore.Locations;

/// <summary>So many a second, averaged; what was not used is worth a second at most.</summary>
/// <remarks>
/// It may go into debt: who comes takes at once, and waits until the debt is paid. So those who wait go in the order in
/// which they came, and one that wants more than a second's worth waits longer instead of for ever.
/// </remarks>
internal sealed class TokenBucket(long perSecondMax, TimeProvider time) : IReadPace
{
    /// <summary>A timer takes 49.7 days at most; longer waits are several.</summary>
    private static readonly TimeSpan DelayMax = TimeSpan.FromDays(1);

    private static readonly TimeSpan WaitMax = TimeSpan.FromDays(36500);

    private readonly Lock _gate = new();
    private double _free = time.GetTimestamp();

    /// <summary>Waits until so many more are allowed, for 0 until the debt is paid; unlimited at 0 a second.</summary>
    public async ValueTask TakeAsync(long count, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Take(count) is not { } wait || wait <= TimeSpan.Zero)
        {
            return;
        }

        try
        {
            for (var left = wait; left > TimeSpan.Zero; left -= DelayMax)
            {
                await Task.Delay(left < DelayMax ? left : DelayMax, time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            GiveBack(count);
            throw;
        }
    }

    /// <summary>Was taken and not used.</summary>
    public void GiveBack(long count)
    {
        if (perSecondMax > 0)
        {
            lock (_gate)
            {
                _free -= Cost(count);
            }
        }
    }

    private TimeSpan? Take(long count)
    {
        if (perSecondMax == 0)
        {
            return null;
        }

        lock (_gate)
        {
            // The instant at which everything taken is paid for.
            var now = time.GetTimestamp();
            _free = Math.Max(_free, now - time.TimestampFrequency) + Cost(count);
            var seconds = (_free - now) / time.TimestampFrequency;
            return seconds < WaitMax.TotalSeconds ? TimeSpan.FromSeconds(seconds) : WaitMax;
        }
    }

    private double Cost(long count) => (double)count / perSecondMax * time.TimestampFrequency;
}

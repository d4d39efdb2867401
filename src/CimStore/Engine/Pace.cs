namespace CimStore.Engine;

/// <summary>Holds background work to so many bytes a second, averaged over the last second.</summary>
internal sealed class Pace(long bytesPerSecondMax, TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _next = time.GetTimestamp();

    /// <summary>Waits until so many more bytes are allowed; unlimited at 0 a second.</summary>
    public async ValueTask TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        if (bytesPerSecondMax == 0 || bytes == 0)
        {
            return;
        }

        TimeSpan wait;
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var cost = (long)((double)bytes / bytesPerSecondMax * time.TimestampFrequency);

            // What was not used is worth a second at most.
            _next = Math.Max(_next, now - time.TimestampFrequency) + cost;
            wait = _next > now ? time.GetElapsedTime(now, _next) : TimeSpan.Zero;
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time, cancellationToken);
        }
    }
}

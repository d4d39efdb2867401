using System.Text;
using CimStore.Locations;
using CimStore.Nats.Locations;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;

namespace CimStore.Nats.Cluster;

/// <summary>
/// Work that one node of a cluster does at a time. It saves doing it twice; what must not happen twice is prevented by
/// the journal's compare-and-set, not by this.
/// </summary>
/// <remarks>
/// A key in a KV bucket names the holder, who writes it again three times a term. Whoever sees the same revision for a
/// whole term, by its own clock from when it saw it first, takes it over by compare-and-set; a holder that could not
/// write it for two thirds of a term stops before that. No clocks are compared. (Gray, Cheriton: Leases, 1989.)
/// </remarks>
public sealed class Lease
{
    private const string Nobody = "-";

    private readonly BucketStream _bucket;
    private readonly string _subject;
    private readonly string _work;
    private readonly string _holder;
    private readonly TimeSpan _term;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private (ulong Sequence, long SeenAt) _seen;
    private volatile string? _heldBy;

    /// <param name="link">The way to the servers.</param>
    /// <param name="bucket">The KV bucket; it exists.</param>
    /// <param name="work">What it is for, as a KV key may be written.</param>
    /// <param name="holder">This process, and no other: also not the one before it on this machine.</param>
    /// <param name="term">How long others wait for a holder that went silent.</param>
    /// <param name="time">The clock; only differences count.</param>
    /// <param name="log">Told who holds it.</param>
    public Lease(
        NatsLink link, string bucket, string work, string holder, TimeSpan term, TimeProvider time, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentOutOfRangeException.ThrowIfEqual(holder, Nobody);
        (_work, _holder, _time, _log) = (work, holder, time, log);
        _term = Limit.Between(term, TimeSpan.FromMilliseconds(300), TimeSpan.FromHours(1), nameof(term));
        _bucket = new BucketStream(link, $"KV_{bucket}", $"the KV bucket '{bucket}'");
        _subject = KeyValueLocation.Subject(bucket, work);
    }

    /// <summary>Who held it when this node looked last; null for nobody.</summary>
    public string? HeldBy => _heldBy;

    public bool IsHeld { get; private set; }

    /// <summary>Does the work whenever this node holds the lease, until it is cancelled.</summary>
    /// <param name="work">Ends soon after its token is cancelled: the lease is lost then, or about to be.</param>
    /// <param name="cancellationToken">Ends all of it, and gives the lease back.</param>
    public async Task RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        while (!cancellationToken.IsCancellationRequested)
        {
            if (await TryTakeAsync(cancellationToken) is { } taken)
            {
                await HoldAsync(taken, work, cancellationToken);
            }

            await Task.Delay(_term / 4, _time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>The revision that it is held by, and when that was asked for; null when another has it, or nobody
    /// answers.</returns>
    private async ValueTask<(ulong Sequence, long AskedAt)?> TryTakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (sequence, holder) = await FindAsync(cancellationToken);
            _heldBy = holder == Nobody ? null : holder;
            if (sequence != _seen.Sequence || _seen.SeenAt == 0)
            {
                _seen = (sequence, _time.GetTimestamp());
            }

            if (holder != Nobody && _time.GetElapsedTime(_seen.SeenAt) < _term)
            {
                return null;
            }

            var askedAt = _time.GetTimestamp();
            return await TryWriteAsync(_holder, sequence, cancellationToken) is { } taken ? (taken, askedAt) : null;
        }
        catch (Exception failure) when (failure is OperationCanceledException or LocationException)
        {
            return null;
        }
    }

    private async Task HoldAsync(
        (ulong Sequence, long AskedAt) taken, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        // By a timer, for a request may stay unanswered for longer than the lease is good.
        using var fence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        using var holding = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, fence.Token);
        (IsHeld, _heldBy) = (true, _holder);
        Log.LeaseTaken(_log, _work);
        var renewing = RenewAsync(taken, fence, holding.Token);
        try
        {
            await work(holding.Token);
        }
        catch (OperationCanceledException) when (holding.IsCancellationRequested)
        {
            // Lost, or closing.
        }
        finally
        {
            await fence.CancelAsync();
            var last = await renewing;
            IsHeld = false;
            Log.LeaseGivenUp(_log, _work);
            await GiveBackAsync(last);
        }
    }

    /// <returns>The revision that it was held by last; null when another has taken it.</returns>
    private async Task<ulong?> RenewAsync(
        (ulong Sequence, long AskedAt) taken, CancellationTokenSource fence, CancellationToken holding)
    {
        var (sequence, askedAt) = taken;
        while (!holding.IsCancellationRequested)
        {
            var left = (_term * 2 / 3) - _time.GetElapsedTime(askedAt);
            fence.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            await Task.Delay(_term / 3, _time, holding).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (holding.IsCancellationRequested)
            {
                break;
            }

            var asking = _time.GetTimestamp();
            try
            {
                if (await TryWriteAsync(_holder, sequence, holding) is not { } next)
                {
                    await fence.CancelAsync();
                    return null;
                }

                (sequence, askedAt) = (next, asking);
            }
            catch (Exception failure) when (failure is OperationCanceledException or LocationException)
            {
                // Whether it was written is not known; the fence falls unless another try succeeds.
            }
        }

        return sequence;
    }

    private async ValueTask GiveBackAsync(ulong? sequence)
    {
        if (sequence is not { } held)
        {
            return;
        }

        using var patience = new CancellationTokenSource(_term / 3, _time);
        try
        {
            await TryWriteAsync(Nobody, held, patience.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or LocationException)
        {
            // The others wait for a term.
        }
    }

    private async ValueTask<(ulong Sequence, string Holder)> FindAsync(CancellationToken cancellationToken) =>
        await _bucket.GetLastAsync(_subject, cancellationToken) is { } found
            ? (found.Sequence, Encoding.UTF8.GetString(found.Body.Span))
            : (0, Nobody);

    private ValueTask<ulong?> TryWriteAsync(string holder, ulong expected, CancellationToken cancellationToken) =>
        _bucket.PublishAsync(
            _subject, Encoding.UTF8.GetBytes(holder), new NatsHeaders(), expected, cancellationToken);
}

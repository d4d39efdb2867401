using System.Text;
using CimStore.Locations;
using Microsoft.Extensions.Logging;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

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
    private const int NoMessage = 10037;
    private const int WrongLastSequence = 10071;
    private const string Nobody = "-";

    private readonly NatsLink _link;
    private readonly string _stream;
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
        (_link, _work, _holder, _time, _log) = (link, work, holder, time, log);
        _term = Limit.Between(term, TimeSpan.FromMilliseconds(300), TimeSpan.FromHours(1), nameof(term));
        (_stream, _subject) = ($"KV_{bucket}", $"$KV.{bucket}.{work}");
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

    /// <returns>The revision that it is held by; null when another has it, or nobody answers.</returns>
    private async ValueTask<ulong?> TryTakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (sequence, holder) = await FindAsync(cancellationToken);
            _heldBy = holder == Nobody ? null : holder;
            if (sequence != _seen.Sequence || _seen.SeenAt == 0)
            {
                _seen = (sequence, _time.GetTimestamp());
            }

            var isFree = holder == Nobody || _time.GetElapsedTime(_seen.SeenAt) >= _term;
            return isFree ? await TryWriteAsync(_holder, sequence, cancellationToken) : null;
        }
        catch (Exception failure) when (
            NatsFaults.IsFault(failure) || failure is OperationCanceledException or LocationException)
        {
            return null;
        }
    }

    private async Task HoldAsync(ulong taken, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var holding = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        (IsHeld, _heldBy) = (true, _holder);
        Log.LeaseTaken(_log, _work);
        var renewing = RenewAsync(taken, holding);
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
            await holding.CancelAsync();
            var last = await renewing;
            IsHeld = false;
            Log.LeaseGivenUp(_log, _work);
            await GiveBackAsync(last);
        }
    }

    /// <returns>The revision that it was held by last; null when another has taken it.</returns>
    private async Task<ulong?> RenewAsync(ulong taken, CancellationTokenSource holding)
    {
        var (sequence, renewedAt) = (taken, _time.GetTimestamp());
        while (!holding.IsCancellationRequested)
        {
            await Task.Delay(_term / 3, _time, holding.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (holding.IsCancellationRequested)
            {
                break;
            }

            var askedAt = _time.GetTimestamp();
            using var patience = new CancellationTokenSource(_term / 3, _time);
            try
            {
                if (await TryWriteAsync(_holder, sequence, patience.Token) is not { } next)
                {
                    await holding.CancelAsync();
                    return null;
                }

                (sequence, renewedAt) = (next, askedAt);
            }
            catch (Exception failure) when (NatsFaults.IsFault(failure) || failure is OperationCanceledException)
            {
                if (_time.GetElapsedTime(renewedAt) >= _term * 2 / 3)
                {
                    await holding.CancelAsync();
                }
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
        catch (Exception failure) when (NatsFaults.IsFault(failure) || failure is OperationCanceledException)
        {
            // The others wait for a term.
        }
    }

    private async ValueTask<(ulong Sequence, string Holder)> FindAsync(CancellationToken cancellationToken)
    {
        var stream = await _link.JetStream.GetStreamAsync(_stream, cancellationToken: cancellationToken);
        try
        {
            var found = await stream.GetAsync(
                new StreamMsgGetRequest { LastBySubj = _subject }, cancellationToken);
            return ((ulong)found.Message.Seq, Encoding.UTF8.GetString(found.Message.Data.Span));
        }
        catch (NatsJSApiException absent) when (absent.Error.ErrCode == NoMessage)
        {
            return (0, Nobody);
        }
    }

    private async ValueTask<ulong?> TryWriteAsync(string holder, ulong expected, CancellationToken cancellationToken)
    {
        var acknowledgement = await _link.JetStream.PublishAsync(
            _subject, Encoding.UTF8.GetBytes(holder),
            opts: new NatsJSPubOpts { ExpectedLastSubjectSequence = expected, RetryAttempts = 1 },
            cancellationToken: cancellationToken);
        if (acknowledgement.Error is { ErrCode: WrongLastSequence })
        {
            return null;
        }

        acknowledgement.EnsureSuccess();
        return acknowledgement.Seq;
    }
}

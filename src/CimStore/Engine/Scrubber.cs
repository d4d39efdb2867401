using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>
/// Proves copies again before they went unproved for longer than the scrub cycle: the longest unproved first, every
/// byte from the medium, no more bytes a second than allowed. Where it stands is in the dates of the copies, so it
/// goes on after a crash without a mark of its own. An object that cannot be helped is put off, and stops none of the
/// others.
/// </summary>
public sealed class Scrubber
{
    private const int PageSize = 64;

    private static readonly TimeSpan PutOffMin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PutOffMax = TimeSpan.FromDays(1);

    private readonly StorageNode _node;
    private readonly Scavenger _scavenger;
    private readonly StorageNodePorts _ports;
    private readonly TimeProvider _time;

    internal Scrubber(StorageNode node, Scavenger scavenger, StorageNodePorts ports, TimeProvider time) =>
        (_node, _scavenger, _ports, _time) = (node, scavenger, ports, time);

    /// <summary>When the copies of an object are proved next; null when none of them counts as right.</summary>
    public static DateTimeOffset? VerifyBy(ObjectRecord record, TimeSpan cycle)
    {
        var every = PatternPolicy.For(record.Pattern).VerifyEvery;
        DateTimeOffset? oldest = null;
        foreach (var copy in record.Copies)
        {
            oldest = copy.State == CopyState.Verified && !(oldest <= copy.VerifiedAt) ? copy.VerifiedAt : oldest;
        }

        return oldest + (every < cycle ? every : cycle);
    }

    /// <summary>Proves what is due, and at once whatever a reader found to lack parts.</summary>
    /// <param name="progress">Told after each object; null for nobody.</param>
    /// <param name="cancellationToken">Stops it between two objects, or in the middle of one that is then due still.
    /// </param>
    public async ValueTask<ScrubResult> RunAsync(IProgress<ScrubResult>? progress, CancellationToken cancellationToken)
    {
        var result = ScrubResult.None;

        // What becomes due meanwhile is for the next run: this one has an end.
        var until = _time.GetUtcNow();
        IReadOnlyList<DueRecord> page;
        do
        {
            // Before each page: a run may take days, and what a reader missed must not wait for its end.
            result = await ScrubLackingAsync(result, progress, cancellationToken);
            page = await _scavenger.AloneAsync(
                due => due.UnprovedAsync(until, PageSize, cancellationToken), cancellationToken);
            result = await ScrubAsync([.. page.Select(record => record.Key)], result, progress, cancellationToken);
        }
        while (page.Count == PageSize);

        return result;
    }

    /// <summary>Proves every object, due or not.</summary>
    public async ValueTask<ScrubResult> RunAllAsync(
        IProgress<ScrubResult>? progress, CancellationToken cancellationToken)
    {
        var result = await ScrubLackingAsync(ScrubResult.None, progress, cancellationToken);
        ContentKey? last = null;
        IReadOnlyList<DueRecord> page;
        do
        {
            page = await _scavenger.AloneAsync(
                due => due.ListAsync(last, PageSize, cancellationToken), cancellationToken);
            result = await ScrubAsync([.. page.Select(record => record.Key)], result, progress, cancellationToken);
            last = page.Count > 0 ? page[^1].Key : last;
        }
        while (page.Count == PageSize);

        return result;
    }

    /// <summary>Proves these objects and makes what they owe, at once.</summary>
    public ValueTask<ScrubResult> RunAsync(
        IReadOnlyList<ContentKey> keys, IProgress<ScrubResult>? progress, CancellationToken cancellationToken) =>
        ScrubAsync(keys, ScrubResult.None, progress, cancellationToken);

    /// <summary>The longest that a copy is to be proved and was not; zero when none is late.</summary>
    public async ValueTask<TimeSpan> LateAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var first = await _scavenger.AloneAsync(
            due => due.UnprovedAsync(now, 1, cancellationToken), cancellationToken);
        return first.Count == 0 ? TimeSpan.Zero : now - first[0].VerifyBy!.Value;
    }

    private async ValueTask<ScrubResult> ScrubLackingAsync(
        ScrubResult result, IProgress<ScrubResult>? progress, CancellationToken cancellationToken)
    {
        var left = new Queue<KeyValuePair<(ContentKey Key, ulong), DateTimeOffset>>(_scavenger.TakeLacking());
        try
        {
            while (left.TryPeek(out var lacking))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (copy, since) = lacking;
                if (await _scavenger.IsToldAsync(copy, since, cancellationToken))
                {
                    result = await ScrubAsync(copy.Key, result, cancellationToken);
                }

                left.Dequeue();
                progress?.Report(result);
            }

            return result;
        }
        finally
        {
            _scavenger.PutBackLacking(left.Select(static lacking => lacking.Key));
        }
    }

    private async ValueTask<ScrubResult> ScrubAsync(
        IReadOnlyList<ContentKey> keys, ScrubResult result, IProgress<ScrubResult>? progress,
        CancellationToken cancellationToken)
    {
        foreach (var key in keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            result = await ScrubAsync(key, result, cancellationToken);
            progress?.Report(result);
        }

        return result;
    }

    private async ValueTask<ScrubResult> ScrubAsync(
        ContentKey key, ScrubResult result, CancellationToken cancellationToken)
    {
        var due = await _scavenger.AloneAsync(index => index.FindAsync(key, cancellationToken), cancellationToken);
        var outcome = await _node.ScrubAsync(key, cancellationToken);
        var before = await _ports.Catalog.FindAsync(key, cancellationToken);
        var wasWrong = before?.Copies.Any(static copy => copy.State == CopyState.Quarantined) ?? false;
        var isToPay = wasWrong || due?.Debt is not null;
        var owed = outcome.Owed ?? (isToPay ? await _node.PayAsync(key, false, cancellationToken) : null);
        await SettleAsync(key, outcome, owed, cancellationToken);
        if (due?.Debt is not null && owed is null && outcome.Unread is null)
        {
            await _scavenger.SettleAsync(due, cancellationToken);
        }

        return result with
        {
            Objects = result.Objects + 1,
            Copies = result.Copies + outcome.Proved,
            BytesRead = result.BytesRead + outcome.BytesRead,
            Wrong = result.Wrong + outcome.Wrong,
            Repaired = result.Repaired + (owed is null && (wasWrong || outcome.Mended > 0) ? 1 : 0),
            Owing = result.Owing + (owed is null ? 0 : 1),
            Hopeless = result.Hopeless + (owed == StorageNode.NoCopyLeft ? 1 : 0),
            Unread = result.Unread + (outcome.Unread is null ? 0 : 1),
            WhyUnread = outcome.Unread ?? result.WhyUnread,
        };
    }

    /// <summary>Brings the index to what the journal says now, and puts off what could not be done.</summary>
    private async ValueTask SettleAsync(
        ContentKey key, ScrubOutcome outcome, string? owed, CancellationToken cancellationToken) =>
        await _scavenger.AloneAsync<DueRecord?>(
            async due =>
            {
                if (await due.FindAsync(key, cancellationToken) is not { } record)
                {
                    return null;
                }

                var now = _time.GetUtcNow();
                var after = record with { VerifyBy = PutOff(record.VerifyBy, now) };
                if (owed is not null)
                {
                    var debt = record.Debt ?? new DebtRecord(now, now, 0, "");
                    after = after with
                    {
                        Debt = _scavenger.Later(debt, owed) with { LacksParts = outcome.Owed is not null },
                    };
                }

                if (after != record)
                {
                    await due.ApplyAsync([new DueChange(key, record, after)], due.Seen, cancellationToken);
                }

                return after;
            },
            cancellationToken);

    /// <summary>Due still, so a copy could not be read: again after as long as it is late already.</summary>
    private static DateTimeOffset? PutOff(DateTimeOffset? verifyBy, DateTimeOffset now)
    {
        if (verifyBy is not { } date || date > now)
        {
            return verifyBy;
        }

        var late = now - date;
        return now + (late < PutOffMin ? PutOffMin : late > PutOffMax ? PutOffMax : late);
    }
}

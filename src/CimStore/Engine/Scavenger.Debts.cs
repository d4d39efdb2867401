using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Engine;

// What is owed, for whoever asks; and the index for the scrub, which is its second user and never a second writer.
public sealed partial class Scavenger
{
    private const int LackingMax = 4096;

    /// <summary>A copy is noted when its parts are written; the entry that tells of it comes behind all of them.
    /// </summary>
    private static readonly TimeSpan UntoldMax = TimeSpan.FromHours(1);

    // Copies that lack parts, taken from their locations by somebody who did not come to them; since when.
    private readonly Dictionary<(ContentKey Key, ulong Incarnation), DateTimeOffset> _lacking = [];

    /// <summary>Objects that owe copies or parts, with what they owe now.</summary>
    public async ValueTask<IReadOnlyList<OwedObject>> OwedAsync(int countMax, CancellationToken cancellationToken)
    {
        var owed = new List<OwedObject>();
        foreach (var debt in await DebtsAsync(countMax, cancellationToken))
        {
            if (await _ports.Catalog.FindAsync(debt.Key, cancellationToken) is { IsPresent: true } record)
            {
                var lacking = ConsistencyTable.CopiesRequired(record.Class) - _node.CopiesOf(record);

                // Said by a try: before the first one, content may yet prove itself by its bytes.
                var isHopeless = debt.Debt!.Cause == StorageNode.NoCopyLeft
                    && !record.Copies.Any(static copy => copy.State == CopyState.Verified);
                owed.Add(new OwedObject(debt.Key, debt.Debt, Math.Max(0, lacking), isHopeless));
            }
        }

        return owed;
    }

    /// <summary>Objects that owe copies or parts, the longest due first.</summary>
    public ValueTask<IReadOnlyList<DueRecord>> DebtsAsync(int countMax, CancellationToken cancellationToken) =>
        AloneAsync(due => due.DebtsAsync(DateTimeOffset.MaxValue, countMax, cancellationToken), cancellationToken);

    /// <summary>
    /// What locations noted of copies that lack parts becomes a debt: it outlives the process, is listed, and is paid
    /// by the next cycle.
    /// </summary>
    internal async ValueTask OwePartsAsync(CancellationToken cancellationToken)
    {
        var lacking = TakeLacking();
        if (lacking.Count == 0)
        {
            return;
        }

        var isOwed = false;
        try
        {
            await AloneAsync(due => OweAsync(due, lacking, cancellationToken), cancellationToken);
            isOwed = true;
        }
        finally
        {
            if (!isOwed)
            {
                PutBackLacking(lacking.Keys);
            }
        }
    }

    /// <summary>What locations noted since it was asked last, and what was put back.</summary>
    internal IReadOnlyDictionary<(ContentKey Key, ulong Incarnation), DateTimeOffset> TakeLacking()
    {
        lock (_lacking)
        {
            var taken = new Dictionary<(ContentKey, ulong), DateTimeOffset>(_lacking);
            _lacking.Clear();
            var now = _time.GetUtcNow();
            foreach (var copy in _ports.Locations.SelectMany(static location => location.TakeDegraded()))
            {
                taken[copy] = now;
            }

            return taken;
        }
    }

    /// <summary>
    /// Whether the journal tells of a copy. One that it does not may be on its way there: it is noted again, for an
    /// hour.
    /// </summary>
    internal async ValueTask<bool> IsToldAsync(
        (ContentKey Key, ulong Incarnation) copy, DateTimeOffset since, CancellationToken cancellationToken)
    {
        if (await _ports.Catalog.FindAsync(copy.Key, cancellationToken) is { } record
            && record.Copies.Any(known => known.Incarnation == copy.Incarnation))
        {
            return true;
        }

        lock (_lacking)
        {
            if (_time.GetUtcNow() - since < UntoldMax && _lacking.Count < LackingMax)
            {
                _lacking.TryAdd(copy, since);
            }
        }

        return false;
    }

    /// <summary>For the next who takes them: locations have forgotten what whoever took it did not come to.</summary>
    internal void PutBackLacking(IEnumerable<(ContentKey Key, ulong Incarnation)> copies)
    {
        lock (_lacking)
        {
            // Of bounded number, as at a location: the next reader or the scrub finds the rest.
            var now = _time.GetUtcNow();
            foreach (var copy in copies.Take(LackingMax - _lacking.Count))
            {
                _lacking[copy] = now;
            }
        }
    }

    private async ValueTask<int> OweAsync(
        IDueIndex due, IReadOnlyDictionary<(ContentKey Key, ulong Incarnation), DateTimeOffset> lacking,
        CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var changes = new List<DueChange>(lacking.Count);
        var told = new HashSet<ContentKey>();
        foreach (var (copy, since) in lacking)
        {
            _ = await IsToldAsync(copy, since, cancellationToken) && told.Add(copy.Key);
        }

        foreach (var key in told)
        {
            if (await due.FindAsync(key, cancellationToken) is { Debt: not { LacksParts: true } } record)
            {
                var debt = record.Debt ?? new DebtRecord(now, now, 0, "");
                changes.Add(new DueChange(key, record, record with { Debt = debt with { LacksParts = true } }));
            }
        }

        await due.ApplyAsync(changes, due.Seen, cancellationToken);
        return changes.Count;
    }

    /// <summary>Runs with the index to itself, brought up to the journal's end; a cycle may be under way.</summary>
    internal ValueTask<T> AloneAsync<T>(Func<IDueIndex, ValueTask<T>> use, CancellationToken cancellationToken) =>
        HoldAsync(
            async due =>
            {
                await _follower.FollowAsync(Dating(), cancellationToken);
                return await use(due);
            },
            cancellationToken);

    /// <summary>Drops a debt that was paid outside of a cycle, unless something is owed still.</summary>
    internal ValueTask<bool> SettleAsync(DueRecord paid, CancellationToken cancellationToken) =>
        AloneAsync(due => SettleAsync(due, paid, null, cancellationToken), cancellationToken);

    /// <summary>Twice as long each time, and never all at once.</summary>
    internal DebtRecord Later(DebtRecord debt, string cause)
    {
        var delay = TimeSpan.FromSeconds(Math.Min(DebtDelayMax.TotalSeconds, Math.Pow(2, Math.Min(debt.Attempts, 20))));
        return debt with
        {
            Attempts = debt.Attempts + 1,
            NextTry = _time.GetUtcNow() + (delay * (0.8 + (0.4 * _chance()))),
            Cause = cause,
        };
    }

    private ValueTask<long> FollowAsync(DueDating dating, CancellationToken cancellationToken) =>
        HoldAsync(_ => _follower.FollowAsync(dating, cancellationToken), cancellationToken);

    private async ValueTask<T> HoldAsync<T>(
        Func<IDueIndex, ValueTask<T>> use, CancellationToken cancellationToken)
    {
        await _index.WaitAsync(cancellationToken);
        try
        {
            return await use(_settings.Due);
        }
        finally
        {
            _index.Release();
        }
    }

    /// <summary>
    /// A payment may read large copies at the scrub's pace. After as long as a cycle's interval moves and locations
    /// that are full have their turn, and what is left is due in the next one.
    /// </summary>
    private async ValueTask<(int Paid, int Left)> PayDebtsAsync(CancellationToken cancellationToken)
    {
        var (paid, left) = (0, 0);
        var now = _time.GetUtcNow();
        var began = _time.GetTimestamp();
        var debts = await HoldAsync(
            due => due.DebtsAsync(now, DebtsPerCycleMax, cancellationToken), cancellationToken);
        foreach (var record in debts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_isPaused || _time.GetElapsedTime(began) >= Cycle)
            {
                break;
            }

            var cause = await _node.PayAsync(record.Key, record.Debt!.LacksParts, cancellationToken);
            var isPaid = await HoldAsync(
                due => SettleAsync(due, record, cause, cancellationToken), cancellationToken);
            (paid, left) = isPaid ? (paid + 1, left) : (paid, left + 1);
        }

        return (paid, left);
    }

    /// <summary>
    /// Notes what came of a payment. The index went on meanwhile: a debt that somebody else paid or put off stays as
    /// they left it, and one that arose anew is not taken for the one that was paid.
    /// </summary>
    /// <returns>Whether nothing is owed any more.</returns>
    private async ValueTask<bool> SettleAsync(
        IDueIndex due, DueRecord tried, string? cause, CancellationToken cancellationToken)
    {
        if (await due.FindAsync(tried.Key, cancellationToken) is not { Debt: { } debt } current)
        {
            return true;
        }

        if (debt != tried.Debt)
        {
            return false;
        }

        var isOwing = cause is not null
            || (await _ports.Catalog.FindAsync(tried.Key, cancellationToken) is { IsPresent: true } record
                && _follower.IsOwing(record));
        var after = cause is not null ? Later(debt, cause) : isOwing ? debt : null;
        if (after != debt)
        {
            await due.ApplyAsync(
                [new DueChange(tried.Key, current, current with { Debt = after })], due.Seen, cancellationToken);
        }

        return !isOwing;
    }
}

using CimStore.Diagnostics;
using CimStore.Policies;

namespace CimStore.Engine;

// Figures for gauges: made once in a cycle and of bounded cost, so that whoever scrapes them reads memory.
public sealed partial class Scavenger
{
    /// <summary>
    /// Debts are counted up to here: 10,000 looks into the catalog are some 30 ms, and whether it is ten thousand or a
    /// million more changes nothing for whoever has to act.
    /// </summary>
    internal const int DebtsCountedMax = 10_000;

    /// <summary>So a round over a million objects takes eight hours, of a scrub cycle of 30 days.</summary>
    internal const int ProofsLookedAtMax = 2048;

    private readonly ProofLap _proofs;
    private volatile LifecycleFigures? _figures;

    /// <summary>Of the end of the last cycle; null before the first.</summary>
    public LifecycleFigures? Figures => _figures;

    private async ValueTask MeasureAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var (debts, due) = await HoldAsync(
            async index => (
                await index.DebtsAsync(DateTimeOffset.MaxValue, DebtsCountedMax, cancellationToken),
                await index.DueAsync(now, 1, cancellationToken)),
            cancellationToken);
        var (oldest, lacking) = (now, 0);
        foreach (var debt in debts)
        {
            oldest = debt.Debt!.Since < oldest ? debt.Debt.Since : oldest;
            lacking += await IsLackingAsync(debt, cancellationToken) ? 1 : 0;
        }

        await LookAtProofsAsync(now, cancellationToken);
        _figures = new LifecycleFigures(
            now - oldest, debts.Count, lacking, due.Count == 0 ? TimeSpan.Zero : now - due[0].Due!.Value,
            _proofs.Coverage, now - _proofs.OldestProof);
        _node.NoteGarbage();
    }

    private async ValueTask<bool> IsLackingAsync(DueRecord debt, CancellationToken cancellationToken) =>
        await _ports.Catalog.FindAsync(debt.Key, cancellationToken) is { IsPresent: true } record
        && _node.CopiesOf(record) < ConsistencyTable.CopiesRequired(record.Class);

    private async ValueTask LookAtProofsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var looked = 0;
        await foreach (var record in _node.ObjectsAfterAsync(_proofs.At, cancellationToken))
        {
            _proofs.Look(record, now);
            if (++looked == ProofsLookedAtMax)
            {
                return;
            }
        }

        _proofs.End();
    }
}

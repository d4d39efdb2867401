using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Engine;

// What is owed, for whoever asks; and the index for the scrub, which is its second user and never a second writer.
public sealed partial class Scavenger
{
    /// <summary>Objects that owe copies or parts, with what they owe now.</summary>
    public async ValueTask<IReadOnlyList<OwedObject>> OwedAsync(int countMax, CancellationToken cancellationToken)
    {
        var owed = new List<OwedObject>();
        foreach (var debt in await DebtsAsync(countMax, cancellationToken))
        {
            if (await _ports.Catalog.FindAsync(debt.Key, cancellationToken) is { IsPresent: true } record)
            {
                var lacking = ConsistencyTable.CopiesRequired(record.Class) - _node.CopiesOf(record);
                var isHopeless = !record.Copies.Any(static copy => copy.State == CopyState.Verified);
                owed.Add(new OwedObject(debt.Key, debt.Debt!, Math.Max(0, lacking), isHopeless));
            }
        }

        return owed;
    }

    /// <summary>Runs with the index to itself, brought up to the journal's end.</summary>
    internal async ValueTask<T> AloneAsync<T>(Func<IDueIndex, ValueTask<T>> use, CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        try
        {
            await _follower.FollowAsync(Dating(), cancellationToken);
            return await use(_settings.Due);
        }
        finally
        {
            _running.Release();
        }
    }
}

using System.Collections.Immutable;
using CimStore.Journal;
using CimStore.Locations;

namespace CimStore.Nats.Journal;

/// <summary>What an operator may ask of a node whose journal is a stream and whose content lies in its locations.
/// </summary>
/// <param name="journal">The journal.</param>
/// <param name="home">Where new content goes.</param>
/// <param name="link">Disposed of with this, after everything that uses it; null when it is the caller's.</param>
public sealed class JournalMaintenance(JetStreamJournal journal, ILocation home, NatsLink? link = null)
    : IStoreMaintenance, IAsyncDisposable
{
    /// <summary>Nothing is kept here to be given back: what was released is gone from its location.</summary>
    public long GarbageBytes => 0;

    public ImmutableArray<string> Warnings => [.. journal.Warnings, .. home.Warnings];

    /// <summary>The servers write; this process does not.</summary>
    public BytesWritten BytesWritten => new(0, 0, 0, 0);

    public async ValueTask<SpaceLedger> MeasureAsync(CancellationToken cancellationToken)
    {
        var space = await home.MeasureSpaceAsync(cancellationToken);
        var totals = await journal.Catalog.TotalsAsync(cancellationToken);
        var live = Math.Min(totals.LogicalBytes, space.BytesUsed);
        return new SpaceLedger(
            space.BytesUsed, live, 0, 0, space.BytesUsed - live, space.BytesFree ?? long.MaxValue);
    }

    public ValueTask<long> CompactAsync(CancellationToken cancellationToken) => home.TidyAsync(cancellationToken);

    public ValueTask DisposeAsync() => link?.DisposeAsync() ?? ValueTask.CompletedTask;

    public async ValueTask<ImmutableArray<string>> CheckAsync(WorkCount done, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(done);
        try
        {
            return await journal.ProveAsync(done, cancellationToken) is { } wrong ? [wrong] : [];
        }
        catch (IntegrityException broken)
        {
            return [broken.Message];
        }
    }
}

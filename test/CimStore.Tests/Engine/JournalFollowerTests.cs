using CimStore.Engine;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>What the journal tells goes into the due index once, however often the reading of it is cut.</summary>
public sealed class JournalFollowerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_follower_that_is_stopped_does_not_count_reads_twice()
    {
        var tiers = new SimulatedTiers();
        tiers.Bind("warm", StorageTier.Warm);
        await tiers.OpenAsync();
        var content = Samples.Bytes(1000, 1);
        await tiers.StoreAsync(content, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);
        var key = ContentKey.Shared(Samples.CidOf(content));
        var record = (await tiers.RecordOfAsync(content))!;
        var id = new IdSource(tiers.Time).Next();
        await tiers.Store.AppendAsync(
            [
                new JournalChange(
                    new EventContext(id, id, id, EventContext.ActorDefault, default),
                    new StorageEvent.Retrieved(key, tiers.Store.Id, TimeSpan.Zero, 3), record, null),
            ],
            Token);
        var dating = new DueDating(tiers.Policy, new MigrationEnvironment(
            [new TierState(StorageTier.Hot, tiers.At("warm").Traits.Cost)]));
        var (due, stop) = (new MemoryDueIndex(), false);
        var journal = new StoppingJournal(tiers.Store, () => stop);
        var follower = new JournalFollower(
            journal, tiers.Store, due, static _ => 1, TimeSpan.FromDays(30), tiers.Time);
        stop = true;
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await follower.FollowAsync(dating, Token));
        stop = false;
        await follower.FollowAsync(dating, Token);
        Assert.Equal(3, (await due.FindAsync(key, Token))!.Facts.Accesses);
    }

    private sealed class StoppingJournal(IJournal inner, Func<bool> isStopping)
        : IJournal
    {
        public bool HoldsContent => inner.HoldsContent;

        public bool SpansObjects => inner.SpansObjects;

        public Lsn DurableLsn => inner.DurableLsn;

        public ValueTask<IReadOnlyList<JournalEntry>> AppendAsync(
            IReadOnlyList<JournalChange> changes, CancellationToken cancellationToken) =>
            inner.AppendAsync(changes, cancellationToken);

        public async IAsyncEnumerable<JournalEntry> ReadAsync(
            Lsn after,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var entry in inner.ReadAsync(after, cancellationToken))
            {
                yield return entry;
            }

            if (isStopping())
            {
                throw new OperationCanceledException();
            }
        }

        public ValueTask<JournalEntry?> FindAsync(Lsn lsn, CancellationToken cancellationToken) =>
            inner.FindAsync(lsn, cancellationToken);

        public ValueTask WaitAsync(Lsn after, CancellationToken cancellationToken) =>
            inner.WaitAsync(after, cancellationToken);
    }
}

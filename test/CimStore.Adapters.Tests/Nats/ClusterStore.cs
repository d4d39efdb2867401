using CimStore.Engine;
using CimStore.Locations;
using CimStore.Nats;
using CimStore.Nats.Journal;
using CimStore.Objects;
using CimStore.Testing.Memory;
using Microsoft.Extensions.Logging.Abstractions;

namespace CimStore.Adapters.Tests.Nats;

/// <summary>What a node of a cluster stands on: a journal that others write too, and a location beside it.</summary>
internal static class ClusterStore
{
    private static int _streams;

    public static JournalOptions NewJournal(int replicas = 1)
    {
        var number = Interlocked.Increment(ref _streams);
        return new JournalOptions
        {
            Stream = $"JOURNAL-{number}",
            SubjectPrefix = $"journal.t{number}",
            Replicas = replicas,
        };
    }

    public static MemoryLocation NewHome() => new(
        new LocationId("home"),
        new LocationTraits
        {
            Tier = StorageTier.Hot,
            Medium = "memory",
            Labels = new Dictionary<string, string> { ["node"] = "home" },
        },
        TimeProvider.System);

    public static ValueTask<JetStreamJournal> OpenJournalAsync(
        NatsLink link, JournalOptions options, CancellationToken cancellationToken) => JetStreamJournal.OpenAsync(
            link, options, TimeProvider.System, new IdSource(TimeProvider.System), NullLogger.Instance,
            cancellationToken);

    /// <param name="link">The way to the servers.</param>
    /// <param name="options">The journal; nodes that are given the same are of one cluster.</param>
    /// <param name="home">Where content goes; nodes of one cluster are given the same.</param>
    /// <param name="cancellationToken">Stops opening.</param>
    public static async ValueTask<StorageNodePorts> OpenAsync(
        NatsLink link, JournalOptions options, ILocation home, CancellationToken cancellationToken)
    {
        var journal = await OpenJournalAsync(link, options, cancellationToken);
        return new StorageNodePorts(journal, journal.Catalog, [home], new JournalMaintenance(journal, home));
    }

    public static async ValueTask<StorageNode> OpenNodeAsync(
        NatsLink link, JournalOptions options, ILocation home, CancellationToken cancellationToken) =>
        await StorageNode.OpenAsync(
            await OpenAsync(link, options, home, cancellationToken), TimeProvider.System,
            new IdSource(TimeProvider.System), new StorageNodeOptions(), null, cancellationToken);
}

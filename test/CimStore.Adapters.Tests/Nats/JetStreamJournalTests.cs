using CimStore.Engine;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

public static class JetStreamJournalTests
{
    [Trait("row", "D9")]
    public sealed class TheJournal(NatsFixture nats) : JournalContract, IClassFixture<NatsFixture>
    {
        protected override ValueTask<StorageNodePorts> OpenAsync() =>
            ClusterStore.OpenAsync(nats.Link, ClusterStore.NewJournal(), ClusterStore.NewHome(), Token);
    }

    [Trait("row", "D9")]
    public sealed class TheCatalog(NatsFixture nats) : CatalogContract, IClassFixture<NatsFixture>
    {
        protected override ValueTask<StorageNodePorts> OpenAsync() =>
            ClusterStore.OpenAsync(nats.Link, ClusterStore.NewJournal(), ClusterStore.NewHome(), Token);
    }

    [Trait("row", "G1")]
    public sealed class TheNode(NatsFixture nats) : StorageClientContract, IClassFixture<NatsFixture>
    {
        protected override TimeProvider Time => TimeProvider.System;

        protected override async ValueTask<IStorageClient> OpenAsync() =>
            await ClusterStore.OpenNodeAsync(nats.Link, ClusterStore.NewJournal(), ClusterStore.NewHome(), Token);
    }
}

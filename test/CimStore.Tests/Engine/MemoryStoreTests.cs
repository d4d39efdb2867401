using CimStore.Engine;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;

namespace CimStore.Tests.Engine;

public static class MemoryStoreTests
{
    private static ValueTask<StorageNodePorts> Open() => ValueTask.FromResult(
        StorageNodePorts.Of(new MemoryStore(TimeProvider.System, new IdSource(TimeProvider.System))));

    public sealed class MemoryJournalTests : JournalContract
    {
        protected override ValueTask<StorageNodePorts> OpenAsync() => Open();
    }

    public sealed class MemoryCatalogTests : CatalogContract
    {
        protected override ValueTask<StorageNodePorts> OpenAsync() => Open();
    }

    public sealed class MemoryLocationTests : LocationContract
    {
        protected override async ValueTask<LocationUnderTest> OpenAsync() => new HomeUnderTest(await Open());
    }

    public sealed class MemoryDueIndexTests : DueIndexContract
    {
        protected override ValueTask<IDueIndex> OpenAsync() => ValueTask.FromResult<IDueIndex>(new MemoryDueIndex());
    }
}

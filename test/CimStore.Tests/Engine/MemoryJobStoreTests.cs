using CimStore.Engine;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;

namespace CimStore.Tests.Engine;

public sealed class MemoryJobStoreTests : JobStoreContract
{
    protected override IJobStore Open() => new MemoryJobStore();
}

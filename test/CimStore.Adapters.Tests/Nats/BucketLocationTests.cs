using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

/// <summary>JetStream's buckets keep the contract of the port.</summary>
[Trait("row", "C1")]
public static class BucketLocationTests
{
    [Trait("row", "B2")]
    public sealed class ObjectStoreTests(NatsFixture fixture) : KeptCopiesContract, IClassFixture<NatsFixture>
    {
        protected override async ValueTask<LocationUnderTest> OpenAsync() => new(await fixture.OpenObjectsAsync());
    }
}

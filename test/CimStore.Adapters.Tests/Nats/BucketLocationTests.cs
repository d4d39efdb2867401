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

    /// <summary>With room for the contract's largest content in one message.</summary>
    public sealed class KeyValueTests(LargeMessageFixture fixture)
        : KeptCopiesContract, IClassFixture<LargeMessageFixture>
    {
        protected override async ValueTask<LocationUnderTest> OpenAsync() => new(await fixture.OpenValuesAsync());
    }

    [Trait("row", "B2")]
    public sealed class TogetherTests(NatsFixture fixture) : KeptCopiesContract, IClassFixture<NatsFixture>
    {
        protected override async ValueTask<LocationUnderTest> OpenAsync() => new(await fixture.OpenBothAsync());
    }

    public sealed class LargeMessageFixture : NatsFixture
    {
        protected override string ServerLines => "max_payload: 8388608";
    }
}

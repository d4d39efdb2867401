using CimStore.Testing.Contracts;

namespace CimStore.Adapters.Tests.Pool;

/// <summary>The pool keeps the contract of the port, whatever its shape.</summary>
public static class PoolLocationTests
{
    public sealed class FourAndFourTests : KeptCopiesContract
    {
        private readonly PoolFolder _folder = new();

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder.Dispose();
        }

        protected override async ValueTask<LocationUnderTest> OpenAsync() => new(await _folder.OpenAsync());
    }

    /// <summary>A pool of one shard and no parity is a plain directory.</summary>
    public sealed class PlainDirectoryTests : KeptCopiesContract
    {
        private readonly PoolFolder _folder = new(1, 0);

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder.Dispose();
        }

        protected override async ValueTask<LocationUnderTest> OpenAsync() => new(await _folder.OpenAsync());
    }

    public sealed class TwoSetsOfThreeAndOneTests : KeptCopiesContract
    {
        private readonly PoolFolder _folder = new(3, 1, 2);

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder.Dispose();
        }

        protected override async ValueTask<LocationUnderTest> OpenAsync() => new(await _folder.OpenAsync());
    }
}

using CimStore.Adapters.Tests.Pool;
using CimStore.Disk.Cold;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Cold;

/// <summary>Compressing keeps the contract of the port, whatever the pool below.</summary>
public static class CompressingLocationContractTests
{
    [Trait("row", "B11")]
    public sealed class OverFourAndFourTests : KeptCopiesContract
    {
        private readonly PoolFolder _folder = new();

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder.Dispose();
        }

        protected override async ValueTask<LocationUnderTest> OpenAsync() =>
            new(new CompressingLocation(await _folder.OpenAsync()));
    }

    [Trait("row", "B11")]
    public sealed class OverPlainDirectoryTests : KeptCopiesContract
    {
        private readonly PoolFolder _folder = new(1, 0);

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder.Dispose();
        }

        protected override async ValueTask<LocationUnderTest> OpenAsync() =>
            new(new CompressingLocation(await _folder.OpenAsync()));
    }
}

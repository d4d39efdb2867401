using CimStore.Locations;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.S3;

/// <summary>A bucket keeps the contract of the port, on a real server and on a poor one, with and without retries.
/// </summary>
public static class S3LocationTests
{
    [Trait("row", "B3")]
    public sealed class OnCephTests(S3Servers servers) : KeptCopiesContract
    {
        private S3Folder? _folder;

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder?.Dispose();
        }

        protected override async ValueTask<LocationUnderTest> OpenAsync()
        {
            _folder = await S3Folder.MakeAsync(await servers.CephAsync());
            return new LocationUnderTest(await _folder.OpenAsync());
        }
    }

    [Trait("row", "B3")]
    public sealed class OnS3rverTests(S3Servers servers) : KeptCopiesContract
    {
        private S3Folder? _folder;

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder?.Dispose();
        }

        protected override async ValueTask<LocationUnderTest> OpenAsync()
        {
            _folder = await S3Folder.MakeAsync(await servers.S3rverAsync());
            return new LocationUnderTest(await _folder.OpenAsync());
        }
    }

    [Trait("row", "B3")]
    public sealed class RetriedOnCephTests(S3Servers servers) : KeptCopiesContract
    {
        private S3Folder? _folder;

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder?.Dispose();
        }

        protected override async ValueTask<LocationUnderTest> OpenAsync()
        {
            _folder = await S3Folder.MakeAsync(await servers.CephAsync());
            return new LocationUnderTest(new RetryingLocation(
                await _folder.OpenAsync(), new RetryOptions(), TimeProvider.System, new Random(1)));
        }
    }
}

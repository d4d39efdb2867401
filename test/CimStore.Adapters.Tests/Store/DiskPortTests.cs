using CimStore.Disk;
using CimStore.Engine;
using CimStore.Testing.Contracts;

namespace CimStore.Adapters.Tests.Store;

/// <summary>The data directory keeps the contracts of the ports.</summary>
public static class DiskPortTests
{
    private static async ValueTask<StorageNodePorts> OpenAsync(DirectoryInfo folder)
    {
        var options = new DiskStoreOptions
        {
            DataDirectory = Path.Combine(folder.FullName, "data"),
            ForceUnsafe = true,
        };
        return StorageNodePorts.Of(await DiskStore.OpenAsync(options, TimeProvider.System, CancellationToken.None));
    }

    public sealed class DiskJournalTests : JournalContract
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cimstore-journal-");

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder.Delete(recursive: true);
        }

        protected override ValueTask<StorageNodePorts> OpenAsync() => DiskPortTests.OpenAsync(_folder);
    }

    public sealed class DiskCatalogTests : CatalogContract
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cimstore-catalog-");

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder.Delete(recursive: true);
        }

        protected override ValueTask<StorageNodePorts> OpenAsync() => DiskPortTests.OpenAsync(_folder);
    }

    public sealed class DiskLocationTests : LocationContract
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cimstore-location-");

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder.Delete(recursive: true);
        }

        protected override async ValueTask<LocationUnderTest> OpenAsync() =>
            new HomeUnderTest(await DiskPortTests.OpenAsync(_folder));
    }
}

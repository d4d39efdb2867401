using CimStore.Disk;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Crash;

/// <summary>
/// RocksDB itself finds no room, while the log has plenty: nothing acknowledged is lost, reads go on, stores are
/// refused, and the next opening with room is as if nothing had been.
/// </summary>
public sealed class FullIndexTests
{
    private const int ContentBytes = 300;
    private const int StoresMax = 20_000;

    private static readonly IdSource Ids = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The index on a real file system of its own that is full, where one can be mounted.</summary>
    [Fact]
    public async Task An_index_on_a_full_file_system_is_level_again_when_space_returns()
    {
        using var room = new TempDirectory();
        using var data = new TempDirectory();
        using var mounted = SmallFileSystem.TryMount(room.Path);
        var index = Path.Combine(mounted?.Path ?? room.Path, "index");
        if (mounted is null)
        {
            await RunAsync(data.Path, index, () => TakeRoomForFiles(index), () => GiveRoomForFiles(index));
            return;
        }

        var ballast = Path.Combine(mounted.Path, "ballast");
        await RunAsync(data.Path, index, () => FillUp(ballast), () => File.Delete(ballast));
    }

    [Fact]
    public async Task An_index_whose_files_find_no_room_is_level_again_when_space_returns()
    {
        using var data = new TempDirectory();
        var index = Path.Combine(data.Path, "index");
        await RunAsync(data.Path, index, () => TakeRoomForFiles(index), () => GiveRoomForFiles(index));
    }

    private static async Task RunAsync(string data, string index, Action fill, Action free)
    {
        var kept = new List<int>();
        LocationException? refusal = null;
        await using (var store = await OpenAsync(data, index))
        {
            await StoreAsync(store, 0, kept);
            fill();
            for (var number = 1; refusal is null && number < StoresMax; number++)
            {
                refusal = await StoreAsync(store, number, kept);
            }

            Assert.NotNull(refusal);
            var later = await StoreAsync(store, StoresMax, kept);
            Assert.Equal(LocationFault.Offline, later?.Fault);
            await AssertReadAsync(store, kept.TakeLast(200));
            await AssertReadAsync(store, kept.Take(200));
        }

        free();
        await using var again = await OpenAsync(data, index);
        await AssertReadAsync(again, kept);
        Assert.Null(await StoreAsync(again, StoresMax + 1, kept));
        Assert.Empty(await again.CheckAsync(Token));

        // The store that met the full index is in the log, and its caller was told that this is not known.
        var listed = await again.ListAsync(DedupDomain.Shared, null, Token).CountAsync(Token);
        Assert.InRange(listed, kept.Count, kept.Count + 1);
    }

    private static async Task<LocationException?> StoreAsync(DiskStore store, int number, List<int> kept)
    {
        try
        {
            await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(number, ContentBytes))], Token);
            kept.Add(number);
            return null;
        }
        catch (LocationException refused)
        {
            return refused;
        }
    }

    private static async Task AssertReadAsync(DiskStore store, IEnumerable<int> numbers)
    {
        foreach (var number in numbers)
        {
            var content = Sample.Bytes(number, ContentBytes);
            var read = await Sample.ReadAsync(store, Sample.Key(content), Token);
            Assert.True(read.AsSpan().SequenceEqual(content), $"Content {number} is gone or altered.");
        }
    }

    private static ValueTask<DiskStore> OpenAsync(string data, string index) => DiskStore.OpenAsync(
        new DiskStoreOptions { DataDirectory = data, ForceUnsafe = true, IndexMemoryBytes = 1 << 20 },
        TimeProvider.System,
        DiskStoreParts.Default with { IndexDirectory = index },
        Token);

    private static void FillUp(string ballast)
    {
        using var file = File.Create(ballast);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>The names RocksDB will give to its next files lead to a device that is always full.</summary>
    private static void TakeRoomForFiles(string index)
    {
        for (var number = 1; number < 1000; number++)
        {
            var path = Path.Combine(index, $"{number:d6}.sst");
            if (!File.Exists(path))
            {
                File.CreateSymbolicLink(path, "/dev/full");
            }
        }
    }

    private static void GiveRoomForFiles(string index)
    {
        var files = new DirectoryInfo(index).EnumerateFiles("*.sst");
        foreach (var file in files.Where(static file => file.LinkTarget is not null))
        {
            file.Delete();
        }
    }
}

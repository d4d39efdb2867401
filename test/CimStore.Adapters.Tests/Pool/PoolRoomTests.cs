using CimStore.Disk.Files;
using CimStore.Disk.Pool;
using CimStore.Locations;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Pool;

/// <summary>How full a pool is: as full as what its next copy needs.</summary>
public sealed class PoolRoomTests : IDisposable
{
    private const long Terabyte = 1_000_000_000_000;

    private readonly PoolFolder _folder = new();
    private readonly Dictionary<string, DiskSpace> _spaces = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>Five directories are needed to write: while the other three are full, copies go on.</summary>
    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(3, 0.5)]
    [InlineData(4, 0.97)]
    [InlineData(8, 0.97)]
    public async Task It_is_as_full_as_the_fullest_device_that_a_write_needs(int full, double share)
    {
        for (var shard = 0; shard < 8; shard++)
        {
            Put(shard, device: shard, Terabyte, share: shard < full ? 0.97 : 0.5);
        }

        var room = await RoomAsync(_folder);

        Assert.Equal(share, room.FillShare!.Value, 0.001);
        Assert.Equal(4 * Terabyte, room.BytesTotal);
    }

    [Fact]
    public async Task Directories_of_one_device_share_its_room()
    {
        for (var shard = 0; shard < 8; shard++)
        {
            Put(shard, device: shard / 4, Terabyte, share: shard < 4 ? 0.9 : 0.2);
        }

        var room = await RoomAsync(_folder);

        Assert.Equal(new LocationRoom(Terabyte, Terabyte / 10), room);
    }

    [Fact]
    public async Task Sets_on_one_device_count_it_once()
    {
        using var folder = new PoolFolder(dataShards: 2, parityShards: 1, sets: 2);
        foreach (var path in folder.Options.Sets.SelectMany(static set => set))
        {
            _spaces[path] = new DiskSpace(0xEF53, 3000, 1500, 1000, 900) { Device = 1 };
        }

        Assert.Equal(new LocationRoom(2000, 1000), await RoomAsync(folder));
    }

    [Fact]
    public async Task A_full_set_beside_one_with_room_is_not_the_end()
    {
        using var folder = new PoolFolder(dataShards: 2, parityShards: 1, sets: 2);
        foreach (var (device, path) in folder.Options.Sets.SelectMany(static set => set).Index())
        {
            _spaces[path] = new DiskSpace(0xEF53, 1000, device < 3 ? 0 : 800, 1000, 900) { Device = (ulong)device };
        }

        Assert.Equal(new LocationRoom(4000, 1600), await RoomAsync(folder));
    }

    [Fact]
    public async Task A_disk_that_does_not_answer_hides_no_other()
    {
        for (var shard = 1; shard < 8; shard++)
        {
            Put(shard, device: shard, Terabyte, share: 0.96);
        }

        Assert.Equal(0.96, (await RoomAsync(_folder)).FillShare!.Value, 0.001);
    }

    [Fact]
    public void The_device_of_a_file_system_is_told()
    {
        var disk = new PosixDisk();
        var state = Directory.CreateDirectory(_folder.Options.StateDirectory).FullName;

        Assert.Equal(disk.Space(state).Device, disk.Space(Path.GetDirectoryName(state)!).Device);
        Assert.NotEqual(disk.Space(state).Device, disk.Space("/proc").Device);
    }

    private void Put(int shard, int device, long total, double share) => _spaces[_folder.Path0(shard)] =
        new DiskSpace(0xEF53, total, total - (long)(total * share), 1000, 900) { Device = (ulong)device };

    private async Task<LocationRoom> RoomAsync(PoolFolder folder)
    {
        var isOpen = false;
        var posix = new PosixDisk();
        var disk = new MeasuredDisk(posix)
        {
            MeasureAt = path => !isOpen ? posix.Space(path)
                : _spaces.TryGetValue(path, out var space) ? space
                : throw new DiskException(Errno.InputOutput, DiskOperation.Space, path),
        };
        await using var pool = await PoolLocation.OpenAsync(folder.Options, TimeProvider.System, disk, Token);
        isOpen = true;
        return await pool.FindRoomAsync(Token);
    }
}

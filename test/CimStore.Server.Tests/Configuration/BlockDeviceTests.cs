using CimStore.Server.Configuration;
using Xunit;

namespace CimStore.Server.Tests.Configuration;

public sealed class BlockDeviceTests : IDisposable
{
    private static readonly string[] Mounts =
    [
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
        "30 22 8:2 / /mnt rw - ext4 /dev/sda2 rw",
        @"31 30 8:16 / /mnt/a\040b rw - ext4 /dev/sdb rw",
        "32 30 8:32 / /mnt/c rw - ext4 /dev/sdc rw",
        "33 30 253:0 / /mnt/c rw - ext4 /dev/dm-0 rw",
    ];

    private readonly string _system = Directory.CreateTempSubdirectory("cimstore-sys-").FullName;

    [Theory]
    [InlineData("/", 8, 1)]
    [InlineData("/mntx", 8, 1)]
    [InlineData("/mnt", 8, 2)]
    [InlineData("/mnt/a", 8, 2)]
    [InlineData("/mnt/a b/c", 8, 16)]
    [InlineData("/mnt/c", 253, 0)]
    public void The_innermost_and_last_mount_says_it(string path, ulong major, ulong minor) =>
        Assert.Equal((major << 32) | minor, BlockDevice.Of(path, Mounts, _system));

    [Fact]
    public void Partitions_and_layers_are_their_disk()
    {
        Device("8:0", "sda");
        Device("8:1", "sda/sda1", isPartition: true);
        Device("8:2", "sda/sda2", isPartition: true);
        Device("253:0", "dm-0", "sda/sda2");

        Assert.All(["/", "/mnt", "/mnt/c"], path => Assert.Equal(8UL << 32, BlockDevice.Of(path, Mounts, _system)));
    }

    [Fact]
    public void What_lies_on_several_disks_is_itself()
    {
        Device("8:0", "sda");
        Device("8:16", "sdb");
        Device("253:0", "dm-0", "sda", "sdb");

        Assert.Equal(253UL << 32, BlockDevice.Of("/mnt/c", Mounts, _system));
    }

    [Fact]
    public void This_machine_answers_for_what_is_there_and_for_where_the_rest_would_be_made()
    {
        Directory.CreateDirectory(Path.Combine(_system, "a"));

        Assert.NotNull(BlockDevice.Of(_system));
        Assert.Equal(BlockDevice.Of(_system), BlockDevice.Of(Path.Combine(_system, "a")));
        Assert.NotEqual(BlockDevice.Of("/proc"), BlockDevice.Of(_system));
        Assert.Equal(BlockDevice.Of(_system), BlockDevice.Of(Path.Combine(_system, "b", "c")));
    }

    public void Dispose() => Directory.Delete(_system, recursive: true);

    /// <summary>As sysfs has it: a folder below devices, a link by number, links to what it lies on.</summary>
    private void Device(string number, string name, params string[] below) => Device(number, name, false, below);

    private void Device(string number, string name, bool isPartition, params string[] below)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_system, "devices", name)).FullName;
        File.WriteAllText(Path.Combine(folder, "dev"), number + "\n");
        Directory.CreateDirectory(Path.Combine(folder, "slaves"));
        Directory.CreateDirectory(Path.Combine(_system, "dev", "block"));
        Directory.CreateSymbolicLink(
            Path.Combine(_system, "dev", "block", number), Path.Combine("../../devices", name));
        if (isPartition)
        {
            File.WriteAllText(Path.Combine(folder, "partition"), "1\n");
        }

        foreach (var one in below)
        {
            Directory.CreateSymbolicLink(
                Path.Combine(folder, "slaves", Path.GetFileName(one)), Path.Combine(_system, "devices", one));
        }
    }
}

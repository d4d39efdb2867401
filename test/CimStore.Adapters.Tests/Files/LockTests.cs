using System.Runtime.InteropServices;
using CimStore.Disk.Files;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Files;

public sealed partial class LockTests
{
    private readonly PosixDisk _disk = new();

    /// <summary>Between its fork and its exec a child has every open file of ours.</summary>
    [Fact]
    public void A_closed_file_is_free_although_a_forked_child_still_has_it_open()
    {
        using var directory = new TempDirectory();
        var path = Path.Combine(directory.Path, "lock");
        var file = _disk.Create(path);
        Assert.True(file.TryLock());
        var copy = Duplicate(DescriptorOf(path));
        try
        {
            file.Dispose();

            using var again = _disk.Open(path, DiskAccess.ReadWrite);
            Assert.True(again.TryLock());
        }
        finally
        {
            Assert.Equal(0, Close(copy));
        }
    }

    private static int DescriptorOf(string path) => Directory.EnumerateFiles("/proc/self/fd")
        .Where(link => new FileInfo(link).LinkTarget == path)
        .Select(link => int.Parse(Path.GetFileName(link), System.Globalization.CultureInfo.InvariantCulture))
        .Single();

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}

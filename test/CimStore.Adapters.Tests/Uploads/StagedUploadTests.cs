using CimStore.Disk.Files;
using CimStore.Disk.Uploads;
using CimStore.Locations;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Uploads;

/// <summary>Uploads in parts, as their files survive.</summary>
[Trait("row", "J9")]
public sealed class StagedUploadTests
{
    private const int Fates = 8;

    private static readonly DateTimeOffset At = new(2026, 11, 23, 1, 2, 3, TimeSpan.Zero);

    public static TheoryData<string> SyncPoints =>
        [nameof(SyncPoint.UploadBytes), nameof(SyncPoint.UploadName), nameof(SyncPoint.NewDirectory)];

    [Fact]
    public async Task What_was_told_survives_a_power_cut_at_every_operation()
    {
        Assert.True(await RunAsync(UploadPromises.LiveAsync, []) > 100);
        Assert.True(await RunAsync(UploadPromises.DieAndLiveAsync, []) > 50);
    }

    [Theory]
    [MemberData(nameof(SyncPoints))]
    public async Task Without_this_sync_a_promise_breaks(string point) =>
        await Assert.ThrowsAsync<PromiseBrokenException>(
            () => RunAsync(UploadPromises.LiveAsync, [Enum.Parse<SyncPoint>(point)]));

    [Fact]
    public void A_failed_sync_ends_the_upload_until_it_is_opened_again()
    {
        var simulated = new SimulatedDisk();
        var isOn = false;
        var disk = new FaultyDisk(simulated, new FaultPlan().While(
            () => isOn, DiskOperation.SyncData, new DiskFault.Error(Errno.InputOutput)));
        var uploads = new StagedUploads(disk, UploadPromises.Folder);
        using var upload = uploads.Create("a", "terms"u8, At);
        upload.Append(UploadPromises.Bytes("a", 0, 100), At);

        isOn = true;
        Assert.Throws<LocationException>(() => upload.Sync());
        isOn = false;

        Assert.Throws<LocationException>(() => upload.Sync());
        Assert.Throws<LocationException>(() => upload.Append(UploadPromises.Bytes("a", 100, 1), At));
    }

    [Fact]
    public void A_full_disk_refuses_bytes_and_keeps_what_was_there()
    {
        var isOn = false;
        var disk = new FaultyDisk(new SimulatedDisk(), new FaultPlan().While(
            () => isOn, DiskOperation.Write, new DiskFault.Error(Errno.NoSpace)));
        using var upload = new StagedUploads(disk, UploadPromises.Folder).Create("a", "terms"u8, At);
        upload.Append(UploadPromises.Bytes("a", 0, 100), At);

        isOn = true;
        var full = Assert.Throws<LocationException>(() => upload.Append(UploadPromises.Bytes("a", 100, 1), At));
        isOn = false;
        upload.Append(UploadPromises.Bytes("a", 100, 50), At);

        Assert.Equal(LocationFault.Full, full.Fault);
        Assert.Equal(150, upload.Sync());
    }

    /// <summary>Every byte of the head in turn; and a file that lost its end.</summary>
    [Fact]
    public void A_head_that_rotted_is_kept_and_told_of()
    {
        for (var at = 0; at < 12 + 8 + 12 + 32; at++)
        {
            var disk = new SimulatedDisk();
            Write(disk).Dispose();
            var bytes = Bytes(disk);
            bytes[at] ^= 0x10;
            Put(disk, bytes);

            AssertKept(disk, bytes);
        }

        var cut = new SimulatedDisk();
        Write(cut).Dispose();
        Put(cut, Bytes(cut)[..5]);
        AssertKept(cut, Bytes(cut));
    }

    [Fact]
    public void An_upload_that_was_never_told_of_goes_and_a_stranger_stays()
    {
        var disk = new SimulatedDisk();
        Write(disk).Dispose();
        disk.Create(UploadPromises.Folder + "/b.upload.tmp").Dispose();
        disk.Create(UploadPromises.Folder + "/notes.txt").Dispose();

        var found = new StagedUploads(disk, UploadPromises.Folder).Load();

        Assert.Equal("a", Assert.Single(found.Uploads).Id);
        Assert.Equal(UploadPromises.Folder + "/notes.txt", Assert.Single(found.Unreadable).Path);
        Assert.Equal(
            ["a.upload", "notes.txt"], disk.List(UploadPromises.Folder).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_golden_bytes_are_written_and_read()
    {
        var disk = new SimulatedDisk();
        using (var written = Write(disk))
        {
            Assert.Equal(await File.ReadAllBytesAsync(Golden(), TestContext.Current.CancellationToken), Bytes(disk));
        }

        var read = Assert.Single(new StagedUploads(disk, UploadPromises.Folder).Load().Uploads);

        Assert.Equal(At.AddMinutes(2), read.TouchedAt);
        Assert.Equal("{\"codec\":85}"u8, read.Terms.Span);
        Assert.Equal(UploadPromises.Content("a", 100), await UploadPromises.ReadAsync(read));
    }

    [Fact(Explicit = true)]
    public void Write_the_golden_bytes_anew()
    {
        var disk = new SimulatedDisk();
        using var upload = Write(disk);
        Directory.CreateDirectory(Path.GetDirectoryName(Golden())!);
        File.WriteAllBytes(Golden(), Bytes(disk));
    }

    private static void AssertKept(SimulatedDisk disk, byte[] bytes)
    {
        var found = new StagedUploads(disk, UploadPromises.Folder).Load();

        Assert.Empty(found.Uploads);
        var kept = Assert.Single(found.Unreadable);
        Assert.Equal(("a", UploadPromises.Folder + "/a.upload"), (kept.Id, kept.Path));
        Assert.Contains(kept.Cause, kept.Detail, StringComparison.Ordinal);
        Assert.Equal(kept, Assert.Single(StagedUploads.Inspect(disk, UploadPromises.Folder)));
        Assert.Equal(bytes, Bytes(disk));
    }

    private static void Put(SimulatedDisk disk, byte[] bytes)
    {
        using var file = disk.Open(UploadPromises.Folder + "/a.upload", DiskAccess.ReadWrite);
        file.Truncate(bytes.Length);
        file.WriteFully(bytes, 0);
    }

    private static StagedUpload Write(SimulatedDisk disk)
    {
        var upload = new StagedUploads(disk, UploadPromises.Folder).Create("a", "{\"codec\":85}"u8, At);
        upload.Append(UploadPromises.Bytes("a", 0, 60), At.AddMinutes(1));
        upload.Append(UploadPromises.Bytes("a", 60, 40), At.AddMinutes(2));
        upload.Sync();
        return upload;
    }

    private static byte[] Bytes(SimulatedDisk disk)
    {
        using var file = disk.Open(UploadPromises.Folder + "/a.upload", DiskAccess.Read);
        var bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes;
    }

    private static string Golden([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "Golden", "upload", "v1", "a.upload");

    private static Task<int> RunAsync(Func<SimulatedDisk, UploadPromises, Task> workload, HashSet<SyncPoint> lies) =>
        PowerCuts.EverywhereAsync(
            () =>
            {
                var disk = new SimulatedDisk();
                disk.Lies.UnionWith(lies);
                return disk;
            },
            workload,
            static (left, promises, seed) => promises.VerifyAsync(left, seed),
            Fates);
}

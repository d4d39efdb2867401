using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>
/// Bytes of format 1, to be read for ever and written the same while it is the current one. Trailing zeros are left
/// out. To write them anew, on purpose: run this class with <c>-explicit only</c> and review the difference.
/// </summary>
public sealed class GoldenLogTests
{
    private static readonly string[] Segments = [LogFormat.SegmentName(1), LogFormat.SegmentName(2)];

    [Fact]
    public async Task The_writer_gives_the_golden_bytes()
    {
        var disk = await WriteAsync();

        Assert.All(Segments, name => Assert.Equal(File.ReadAllBytes(Golden(name)), Bytes(disk, name)));
    }

    [Fact]
    public void The_golden_bytes_are_read()
    {
        var disk = new SimulatedDisk();
        DiskFiles.EnsureDirectory(disk, LogPromises.Directory);
        foreach (var name in Segments)
        {
            using var file = disk.Create($"{LogPromises.Directory}/{name}");
            file.WriteFully(File.ReadAllBytes(Golden(name)), 0);
            file.Allocate(LogOptions.SegmentBytesMin);
        }

        var seen = new RecordingProjection();
        var log = LogPromises.Open(disk, seen);

        Assert.Empty(seen.Findings);
        Assert.Equal([1UL, 2UL, 3UL, 4UL, 1UL, 5UL], seen.Records.Select(static record => record.Lsn));
        Assert.All(
            seen.Records.Zip([1, 2, 3, 4, 1, 6]),
            pair => Assert.True(TestRecord.Numbered(pair.Second, pair.Second * 50).Matches(pair.First)));
        Assert.Equal(5UL, log.DurableLsn);
    }

    [Fact(Explicit = true)]
    public async Task Write_the_golden_bytes_anew()
    {
        var disk = await WriteAsync();
        Directory.CreateDirectory(Path.GetDirectoryName(Golden("any"))!);
        foreach (var name in Segments)
        {
            await File.WriteAllBytesAsync(Golden(name), Bytes(disk, name), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>
    /// Every kind of batch: records, several at once, a failed sync and its abandon, a relocation, a mark.
    /// </summary>
    private static async Task<SimulatedDisk> WriteAsync()
    {
        var disk = new SimulatedDisk();
        var plan = new FaultPlan().At(
            DiskOperation.SyncData, 2, new DiskFault.Error(Errno.InputOutput), suffix: LogFormat.SegmentName(1));
        var log = LogPromises.Open(new FaultyDisk(disk, plan), new RecordingProjection());
        var token = TestContext.Current.CancellationToken;
        await log.CommitAsync(new TestWrite(Record(1)), token);
        await log.CommitAsync(new TestWrite(Record(2), Record(3), Record(4)), token);
        await Assert.ThrowsAsync<LogException>(async () => await log.CommitAsync(new TestWrite(Record(5)), token));
        await log.CommitAsync(new RelocationWrite(1, Record(1)), token);
        await log.CommitAsync(new TestWrite(Record(6)), token);
        await log.DisposeAsync();
        return disk;
    }

    private static TestRecord Record(int number) => TestRecord.Numbered(number, number * 50);

    private static byte[] Bytes(SimulatedDisk disk, string name)
    {
        using var file = disk.Open($"{LogPromises.Directory}/{name}", DiskAccess.Read);
        var bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes.AsSpan().TrimEnd((byte)0).ToArray();
    }

    private static string Golden(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "CimStore.slnx")))
        {
            folder = folder.Parent!;
        }

        return Path.Combine(folder.FullName, "test", "CimStore.Adapters.Tests", "Golden", "log", "v1", name);
    }
}

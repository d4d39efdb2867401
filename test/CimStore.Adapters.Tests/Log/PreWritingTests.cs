using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>Zeros behind small batches: how many, when, and that they are counted.</summary>
public sealed class PreWritingTests
{
    private const int PreWriteBytes = 64 << 10;
    private const long SegmentBytes = 256 << 10;

    private readonly SimulatedDisk _disk = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Small_batches_share_one_stretch_of_zeros()
    {
        await using var log = Open(PreWriteBytes);

        // Two blocks each: the stretch behind the first has room for eight more.
        for (var number = 0; number < 9; number++)
        {
            await CommitAsync(log, 5000);
            Assert.Equal(PreWriteBytes, log.Counters.PreWrittenBytes);
        }

        await CommitAsync(log, 5000);
        Assert.Equal(2 * PreWriteBytes, log.Counters.PreWrittenBytes);
    }

    [Theory]
    [InlineData(PreWriteBytes, 20_000)]
    [InlineData(0, 100)]
    public async Task Nothing_is_written_behind_large_batches_or_when_it_is_off(int preWriteBytes, int payloadBytes)
    {
        await using var log = Open(preWriteBytes);

        await CommitAsync(log, payloadBytes);
        await CommitAsync(log, payloadBytes);

        Assert.Equal(0, log.Counters.PreWrittenBytes);
    }

    [Fact]
    public async Task The_segment_never_grows_by_it_and_is_read_back_whole()
    {
        const int Count = 60;
        await using (var log = Open(PreWriteBytes))
        {
            for (var number = 0; number < Count; number++)
            {
                await CommitAsync(log, 5000);
            }
        }

        foreach (var name in _disk.List(LogPromises.Directory))
        {
            using var file = _disk.Open(Path.Combine(LogPromises.Directory, name), DiskAccess.Read);
            Assert.InRange(file.Length, 0, SegmentBytes);
        }

        var seen = new RecordingProjection();
        LogPromises.Open(_disk.PowerCut(3), seen);
        Assert.Equal(Count, seen.Records.Count);
        Assert.Empty(seen.Findings);
    }

    private static async Task CommitAsync(ContentLog log, int payloadBytes) =>
        await log.CommitAsync(new TestWrite(TestRecord.Numbered(1, payloadBytes)), Token);

    private ContentLog Open(int preWriteBytes)
    {
        var options = new LogOptions
        {
            SegmentBytes = SegmentBytes, PreWriteBytes = preWriteBytes, IdleMarkDelay = TimeSpan.Zero,
        };
        return LogPromises.Open(_disk, new RecordingProjection(), options: options);
    }
}

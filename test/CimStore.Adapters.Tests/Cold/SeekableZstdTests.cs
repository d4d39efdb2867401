using System.Buffers.Binary;
using CimStore.Disk.Cold;
using CimStore.Testing.Contracts;
using CsCheck;
using Xunit;

namespace CimStore.Adapters.Tests.Cold;

[Trait("row", "B11")]
public sealed class SeekableZstdTests
{
    private const int FrameBytes = 1000;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(FrameBytes - 1)]
    [InlineData(FrameBytes)]
    [InlineData(FrameBytes + 1)]
    [InlineData(7 * FrameBytes)]
    [InlineData((7 * FrameBytes) + 123)]
    public async Task Content_of_a_boundary_size_comes_back(int sizeBytes)
    {
        foreach (var content in new[] { ColdForm.Text(sizeBytes, 1), Samples.Bytes(sizeBytes, 1) })
        {
            var form = await ColdForm.MakeAsync(content, FrameBytes);

            await using var reader = await form.OpenedAsync();

            Assert.Equal(sizeBytes, reader.SizeBytes);
            await form.AssertSliceAsync(reader, 0, sizeBytes + 10);
            await form.AssertSliceAsync(reader, sizeBytes, 10);
            await form.AssertSliceAsync(reader, long.MaxValue, 10);
        }
    }

    [Theory]
    [InlineData(SeekableZstd.FrameSizeBytes - 1)]
    [InlineData(SeekableZstd.FrameSizeBytes)]
    [InlineData(SeekableZstd.FrameSizeBytes + 1)]
    [InlineData((3 * SeekableZstd.FrameSizeBytes) + 7)]
    public async Task Content_in_frames_of_one_mebibyte_comes_back(int sizeBytes)
    {
        var content = ColdForm.Text(sizeBytes / 2, 2).Concat(Samples.Bytes(sizeBytes - (sizeBytes / 2), 2)).ToArray();
        var form = await ColdForm.MakeAsync(content, SeekableZstd.FrameSizeBytes, pushedBytes: 300_000);

        await using var reader = await form.OpenedAsync();

        await form.AssertSliceAsync(reader, 0, sizeBytes);
    }

    [Fact]
    public Task A_range_is_the_slice_of_the_content() =>
        Gen.Select(Gen.Int[0, 3000], Gen.Int[1, 700], Gen.Int[1, 1500], Gen.Int[0, 1000])
            .SelectMany((size, frame, pushed, seed) => Gen.Select(
                Gen.Const((size, frame, pushed, seed)), Gen.Select(Gen.Int[0, 3100], Gen.Int[0, 3100]).Array[1, 12]))
            .SampleAsync(async (made, ranges) =>
            {
                var content = ColdForm.Text(made.size, made.seed);
                var form = await ColdForm.MakeAsync(content, made.frame, made.pushed);
                form.ReadSizeMaxBytes = made.pushed;
                await using var reader = await form.OpenedAsync();
                foreach (var (offset, length) in ranges)
                {
                    await form.AssertSliceAsync(reader, offset, length);
                }
            });

    [Fact]
    public Task Parts_asked_for_at_once_are_the_slices() =>
        Gen.Select(Gen.Int[1, 300], Gen.Select(Gen.Int[0, 4000], Gen.Int[0, 900]).Array[2, 40])
            .SampleAsync(async (frame, ranges) =>
            {
                var form = await ColdForm.MakeAsync(ColdForm.Text(4000, frame), frame);
                form.BeforeRead = async _ => await Task.Yield();
                await using var reader = await form.OpenedAsync();
                var parts = await Task.WhenAll(ranges.Select(range => Task.Run(
                    () => ColdForm.SliceAsync(reader, range.Item1, range.Item2), CancellationToken.None)));
                for (var index = 0; index < ranges.Length; index++)
                {
                    var (offset, length) = ranges[index];
                    Assert.Equal(form.Content.Skip(offset).Take(length), parts[index]);
                }
            }, iter: 50);

    [Fact]
    public async Task Opening_reads_the_table_once_and_a_range_only_the_frames_it_touches()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(20 * FrameBytes, 3), FrameBytes);
        var offsets = new List<long>();
        form.BeforeRead = offset =>
        {
            offsets.Add(offset);
            return Task.CompletedTask;
        };

        await using var reader = await form.OpenedAsync();
        await ColdForm.SliceAsync(reader, (5 * FrameBytes) + 10, FrameBytes);

        Assert.Equal([0, FrameOffset(form, 5), FrameOffset(form, 6)], offsets);
    }

    [Fact]
    public async Task A_frame_read_in_quarters_is_read_once()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(10 * FrameBytes, 4), FrameBytes);
        await using var reader = await form.OpenedAsync();
        var opening = form.ReadCount;

        for (var offset = 0; offset < form.Content.Length; offset += FrameBytes / 4)
        {
            await form.AssertSliceAsync(reader, offset, FrameBytes / 4);
        }

        Assert.Equal(10, form.ReadCount - opening);
    }

    [Fact]
    public async Task A_frame_asked_for_by_several_at_once_is_read_once()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(10 * FrameBytes, 5), FrameBytes);
        await using var reader = await form.OpenedAsync();
        var opening = form.ReadCount;
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        form.BeforeRead = _ => released.Task;

        var parts = Enumerable.Range(0, 10).Select(at => ColdForm.SliceAsync(reader, 3000 + (at * 100), 100)).ToArray();
        released.SetResult();

        Assert.Equal(form.Content[3000..4000], (await Task.WhenAll(parts)).SelectMany(part => part!));
        Assert.Equal(1, form.ReadCount - opening);
    }

    /// <summary>4,096 entries make a page and 16 pages are kept: the 17th page takes the place of the first.</summary>
    [Fact]
    public async Task A_table_of_more_pages_than_are_kept_is_read_again_where_it_must_be()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text((17 * SeekableZstd.EntriesPerPage) + 5, 6), 1);
        await using var reader = await form.OpenedAsync();

        var opening = form.ReadCount;
        await form.AssertSliceAsync(reader, 4090, 3);
        Assert.Equal(1 + 3, form.ReadCount - opening);
        await form.AssertSliceAsync(reader, form.Content.Length - 5, 5);
        await form.AssertSliceAsync(reader, 65_530, 12);
    }

    /// <summary>At one byte per frame the limit of 1 TiB is one of 1 MiB.</summary>
    [Fact]
    public async Task The_most_frames_are_read_and_one_more_is_refused()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(SeekableZstd.FramesMax, 12), 1);
        await using var reader = await form.OpenedAsync();
        using var writer = new SeekableZstdWriter((_, _) => ValueTask.CompletedTask, 1);
        await writer.WriteAsync(form.Content, CancellationToken.None);

        await form.AssertSliceAsync(reader, 0, 3);
        await form.AssertSliceAsync(reader, SeekableZstd.FramesMax - 2, 3);
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await writer.WriteAsync(new byte[1], CancellationToken.None));
    }

    [Fact]
    public async Task A_copy_that_is_gone_is_absent()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(5000, 7), FrameBytes);
        await using var reader = await form.OpenedAsync();
        await form.AssertSliceAsync(reader, 0, 10);

        form.IsGone = true;

        Assert.Null(await ColdForm.SliceAsync(reader, 4500, 10));
        Assert.Null(await form.OpenAsync());
    }

    [Fact]
    public async Task A_failed_read_is_tried_again_by_the_next()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(5000, 8), FrameBytes);
        await using var reader = await form.OpenedAsync();
        form.BeforeRead = _ => throw new IOException("far away");
        await Assert.ThrowsAsync<IOException>(() => ColdForm.SliceAsync(reader, 10, 10));

        form.BeforeRead = _ => Task.CompletedTask;

        await form.AssertSliceAsync(reader, 10, 10);
    }

    [Fact]
    public async Task A_cancelled_read_reads_nothing()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(5000, 9), FrameBytes);
        await using var reader = await form.OpenedAsync();
        var opening = form.ReadCount;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await reader.ReadAsync(0, new byte[10], new CancellationToken(canceled: true)));

        Assert.Equal(opening, form.ReadCount);
    }

    [Fact]
    public async Task Disposing_waits_for_what_is_being_read_and_refuses_what_comes_later()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(10 * FrameBytes, 10), FrameBytes);
        var reader = await form.OpenedAsync();
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        form.BeforeRead = _ => released.Task;
        var underWay = Enumerable.Range(0, SeekableZstdReader.SlotsMax)
            .Select(at => ColdForm.SliceAsync(reader, at * FrameBytes, FrameBytes)).ToArray();

        var disposing = reader.DisposeAsync().AsTask();
        var late = ColdForm.SliceAsync(reader, 9000, 10);
        Assert.False(disposing.IsCompleted);
        released.SetResult();
        await disposing;

        Assert.Equal(form.Content[0..4000], (await Task.WhenAll(underWay)).SelectMany(part => part!));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => late);
        await reader.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_follows_a_write_that_failed()
    {
        var failing = true;
        using var writer = new SeekableZstdWriter(
            (_, _) => failing ? throw new IOException("full") : ValueTask.CompletedTask, FrameBytes);
        await Assert.ThrowsAsync<IOException>(
            async () => await writer.WriteAsync(new byte[FrameBytes], CancellationToken.None));

        failing = false;

        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await writer.WriteAsync(new byte[1], CancellationToken.None));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await writer.FinishAsync(CancellationToken.None));
        Assert.Equal(0, writer.Sizes.StoredBytes);
    }

    [Fact]
    public async Task A_finished_writer_takes_nothing_more()
    {
        using var writer = new SeekableZstdWriter((_, _) => ValueTask.CompletedTask, FrameBytes);
        await writer.FinishAsync(CancellationToken.None);

        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await writer.WriteAsync(new byte[1], CancellationToken.None));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await writer.FinishAsync(CancellationToken.None));
    }

    /// <summary>Buffers are the pool's and contexts not of this heap; the first round fills the pool.</summary>
    [Fact]
    public async Task Neither_side_allocates_a_large_object_once_the_pool_is_warm()
    {
        var content = ColdForm.Text(SeekableZstd.FrameSizeBytes * 3, 11);
        var form = await ColdForm.MakeAsync(content, SeekableZstd.FrameSizeBytes);
        var destination = new byte[SeekableZstd.FrameSizeBytes];
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            using (var writer = new SeekableZstdWriter((_, _) => ValueTask.CompletedTask))
            {
                await writer.WriteAsync(content, CancellationToken.None);
                await writer.FinishAsync(CancellationToken.None);
            }

            await using (var reader = await form.OpenedAsync())
            {
                await reader.ReadAsync(1000, destination, CancellationToken.None);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.InRange(least, 0, 85_000);
    }

    private static long FrameOffset(ColdForm form, int frame)
    {
        var count = BinaryPrimitives.ReadInt32LittleEndian(form.Stored.AsSpan(^SeekableZstd.TableFootBytes..));
        var entries = form.Stored.AsSpan(^(SeekableZstd.TableFootBytes + (count * SeekableZstd.EntryBytes))..);
        var offset = 0L;
        for (var at = 0; at < frame; at++)
        {
            offset += BinaryPrimitives.ReadInt32LittleEndian(entries[(at * SeekableZstd.EntryBytes)..]);
        }

        return offset;
    }
}

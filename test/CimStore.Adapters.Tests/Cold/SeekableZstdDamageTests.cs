using System.Buffers.Binary;
using CimStore.Disk.Cold;
using CimStore.Locations;
using CimStore.Testing.Contracts;
using CsCheck;
using Xunit;

namespace CimStore.Adapters.Tests.Cold;

[Trait("row", "B11")]
public sealed class SeekableZstdDamageTests
{
    private const int FrameBytes = 150;

    private const int FootBytes = SeekableZstd.TableFootBytes;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(FrameBytes)]
    [InlineData(400)]
    public async Task A_flipped_bit_is_refused_or_changes_nothing(int sizeBytes)
    {
        foreach (var content in new[] { ColdForm.Text(sizeBytes, 1), Samples.Bytes(sizeBytes, 1) })
        {
            var form = await ColdForm.MakeAsync(content, FrameBytes);
            var whole = form.Stored;
            for (var bit = 0; bit < whole.Length * 8; bit++)
            {
                form.Stored = [.. whole];
                form.Stored[bit / 8] ^= (byte)(1 << (bit % 8));
                await AssertRefusedOrEqualAsync(form, form.Sizes);
            }
        }
    }

    [Fact]
    public Task Any_bytes_written_over_it_are_refused_or_change_nothing() =>
        Gen.Select(Gen.Int[1, 900], Gen.Int[1, 300], Gen.Select(Gen.Int[0, 2000], Gen.Byte).Array[1, 6])
            .SampleAsync(async (size, frame, writes) =>
            {
                var form = await ColdForm.MakeAsync(ColdForm.Text(size, size), frame);
                foreach (var (at, value) in writes)
                {
                    form.Stored[at % form.Stored.Length] = value;
                }

                await AssertRefusedOrEqualAsync(form, form.Sizes);
            }, iter: 3000);

    /// <summary>Both when the copy's header tells the shorter size, and when it tells the size that was.</summary>
    [Fact]
    public async Task A_form_cut_off_anywhere_is_refused()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(400, 2), FrameBytes);
        var (whole, sizes) = (form.Stored, form.Sizes);
        for (var length = 0; length < whole.Length; length++)
        {
            form.Stored = whole[..length];

            await Assert.ThrowsAsync<IntegrityException>(async () => await form.OpenAsync());
            await Assert.ThrowsAsync<IntegrityException>(async () => await form.OpenAsync(sizes));
        }
    }

    [Fact]
    public async Task A_form_that_is_cut_off_after_it_was_opened_is_refused_and_not_taken_for_the_end()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(400, 3), FrameBytes);
        await using var reader = await form.OpenedAsync();

        form.Stored = form.Stored[..20];

        var refused = await Assert.ThrowsAsync<IntegrityException>(() => ColdForm.SliceAsync(reader, 0, 400));
        Assert.Contains("Frame 0 ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ends at 20", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_frame_is_named_and_the_others_stay_readable()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(400, 4), FrameBytes);
        var first = StoredSize(form, 0);
        form.Stored[first + 30] ^= 0x10;
        await using var reader = await form.OpenedAsync();

        var refused = await Assert.ThrowsAsync<IntegrityException>(() => ColdForm.SliceAsync(reader, 100, 100));

        Assert.Contains("Frame 1 of a zstd copy", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"at {first},", refused.Message, StringComparison.Ordinal);
        await form.AssertSliceAsync(reader, 0, 150);
        await form.AssertSliceAsync(reader, 300, 100);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(-150)]
    [InlineData(150)]
    [InlineData(-450)]
    public async Task A_form_of_content_of_another_size_is_refused(int difference)
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(450, 5), FrameBytes);
        var sizes = form.Sizes with { ContentBytes = 450 + difference };

        await Assert.ThrowsAsync<IntegrityException>(async () => await form.OpenAsync(sizes));
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(0x8000_0000u)]
    [InlineData(SeekableZstd.FramesMax + 1u)]
    [InlineData(1_000_000u)]
    [InlineData(4u)]
    [InlineData(2u)]
    [InlineData(0u)]
    public async Task A_number_of_frames_that_has_no_room_is_refused_before_anything_is_allocated(uint count)
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(400, 6), FrameBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(form.Stored.AsSpan(^FootBytes..), count);

        await AssertRefusedCheaplyAsync(form, form.Sizes);
    }

    /// <summary>Sizes that would take the whole memory, or that contradict each other.</summary>
    [Theory]
    [InlineData(0, 4, uint.MaxValue)]
    [InlineData(0, 4, 0u)]
    [InlineData(0, 4, SeekableZstd.FrameSizeMaxBytes + 1u)]
    [InlineData(1, 4, 0x7FFF_FFFFu)]
    [InlineData(2, 4, uint.MaxValue)]
    [InlineData(0, 0, uint.MaxValue)]
    [InlineData(1, 0, 0x7FFF_FFFFu)]
    [InlineData(2, 0, 0u)]
    [InlineData(2, 0, 1u)]
    public async Task An_entry_that_cannot_be_is_refused_before_anything_is_allocated(int frame, int field, uint value)
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(400, 7), FrameBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(Entry(form, frame)[field..], value);

        await AssertRefusedCheaplyAsync(form, form.Sizes);
    }

    [Fact]
    public async Task A_single_frame_that_claims_to_be_huge_is_refused_before_anything_is_allocated()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(100, 8), FrameBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(Entry(form, 0)[4..], uint.MaxValue);

        await AssertRefusedCheaplyAsync(form, form.Sizes with { ContentBytes = uint.MaxValue });
    }

    /// <summary>The sum stays right, so the table opens; the frames then lie across each other.</summary>
    [Fact]
    public async Task Entries_that_overlap_are_refused_when_they_are_read()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text(400, 9), FrameBytes);
        BinaryPrimitives.WriteInt32LittleEndian(Entry(form, 0), StoredSize(form, 0) + 5);
        BinaryPrimitives.WriteInt32LittleEndian(Entry(form, 1), StoredSize(form, 1) - 5);
        await using var reader = await form.OpenedAsync();

        await Assert.ThrowsAsync<IntegrityException>(() => ColdForm.SliceAsync(reader, 0, 10));
        await Assert.ThrowsAsync<IntegrityException>(() => ColdForm.SliceAsync(reader, 150, 10));
        await form.AssertSliceAsync(reader, 300, 100);
    }

    [Fact]
    public async Task Frames_that_changed_places_are_refused()
    {
        var form = await ColdForm.MakeAsync(
            [.. Samples.Bytes(FrameBytes, 1), .. Samples.Bytes(FrameBytes, 2), 1], FrameBytes);
        var size = StoredSize(form, 0);
        Assert.Equal(size, StoredSize(form, 1));
        form.Stored = [.. form.Stored[size..(2 * size)], .. form.Stored[..size], .. form.Stored[(2 * size)..]];
        await using var reader = await form.OpenedAsync();

        await Assert.ThrowsAsync<IntegrityException>(() => ColdForm.SliceAsync(reader, 0, 10));
        await Assert.ThrowsAsync<IntegrityException>(() => ColdForm.SliceAsync(reader, FrameBytes, 10));
    }

    [Fact]
    public async Task A_page_of_the_table_that_changes_after_it_was_opened_is_refused()
    {
        var form = await ColdForm.MakeAsync(ColdForm.Text((17 * SeekableZstd.EntriesPerPage) + 5, 10), 1);
        await using var reader = await form.OpenedAsync();

        Entry(form, 7)[8] ^= 1;

        await Assert.ThrowsAsync<IntegrityException>(() => ColdForm.SliceAsync(reader, 0, 1));
    }

    private static Span<byte> Entry(ColdForm form, int frame)
    {
        var count = BinaryPrimitives.ReadInt32LittleEndian(form.Stored.AsSpan(^FootBytes..));
        var fromEnd = FootBytes + ((count - frame) * SeekableZstd.EntryBytes);
        return form.Stored.AsSpan(form.Stored.Length - fromEnd, SeekableZstd.EntryBytes);
    }

    private static int StoredSize(ColdForm form, int frame) =>
        BinaryPrimitives.ReadInt32LittleEndian(Entry(form, frame));

    /// <summary>A page of the table, a context and the exception; far from what the numbers ask for.</summary>
    private static async Task AssertRefusedCheaplyAsync(ColdForm form, ColdSizes sizes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        await Assert.ThrowsAsync<IntegrityException>(async () => await form.OpenAsync(sizes));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400_000);
    }

    private static async Task AssertRefusedOrEqualAsync(ColdForm form, ColdSizes sizes)
    {
        SeekableZstdReader? reader;
        try
        {
            reader = await form.OpenAsync(sizes);
        }
        catch (IntegrityException)
        {
            return;
        }

        await using (reader)
        {
            for (var offset = 0; offset < form.Content.Length; offset += 50)
            {
                try
                {
                    await form.AssertSliceAsync(reader!, offset, 50);
                }
                catch (IntegrityException)
                {
                    continue;
                }
            }
        }
    }
}

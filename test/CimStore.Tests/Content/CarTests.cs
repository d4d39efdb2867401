using System.Buffers;
using System.IO.Pipelines;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

public sealed class CarTests
{
    private static readonly Gen<(Cid Cid, byte[] Bytes)> Block =
        from bytes in Gen.Byte.Array[0, 300]
        from codec in Gen.OneOf(Codecs.Raw, Codecs.DagCbor, Codecs.CimFirst)
        from function in Gen.OneOf(HashFunctions.Blake3, HashFunctions.Sha256, HashFunctions.Sha512, 0UL)
        select (Cid.Of(codec, bytes, function), bytes);

    [Theory]
    [InlineData(CarFormat.V1)]
    [InlineData(CarFormat.V2)]
    public async Task Reading_undoes_writing(CarFormat format) =>
        await Block.Array[0, 8].SampleAsync(async blocks =>
        {
            var roots = blocks.Select(block => block.Cid).Take(2).ToArray();
            var bytes = await CarTesting.WriteAsync(roots, blocks, format);

            var car = await CarTesting.ReadAsync(bytes);

            Assert.Equal(format, car.Version);
            Assert.Equal(roots, car.Roots);
            Assert.Equal(blocks.Select(b => b.Cid), car.Blocks.Select(b => b.Section.Cid));
            Assert.Equal(blocks.Select(b => b.Bytes), car.Blocks.Select(b => b.Bytes));
            AssertIndexed(bytes, car);
        });

    [Theory]
    [InlineData(CarFormat.V1)]
    [InlineData(CarFormat.V2)]
    public async Task An_archive_cut_anywhere_is_refused_at_the_cut_or_is_a_shorter_archive(CarFormat format)
    {
        var blocks = SomeBlocks();
        var bytes = await CarTesting.WriteAsync([blocks[0].Cid], blocks, format);
        var whole = await CarTesting.ReadAsync(bytes);
        var ends = whole.Blocks.Select(b => b.Section.BlockOffset + b.Section.BlockSizeBytes)
            .Append(whole.Blocks[0].Section.Offset).ToHashSet();

        for (var size = 0; size < bytes.Length; size++)
        {
            // Version 1 does not say how many sections it has: between two of them a cut cannot be seen.
            if (format == CarFormat.V1 && ends.Contains(size))
            {
                continue;
            }

            var refusal = await Assert.ThrowsAsync<ContentFormatException>(
                () => CarTesting.ReadAsync(bytes[..size]));
            Assert.Equal(size, refusal.Offset);
        }
    }

    [Fact]
    public async Task A_changed_block_is_refused_with_its_offset_and_name()
    {
        var blocks = SomeBlocks();
        var bytes = await CarTesting.WriteAsync([], blocks, CarFormat.V1);
        var car = await CarTesting.ReadAsync(bytes);
        foreach (var (section, _) in car.Blocks)
        {
            for (var at = section.BlockOffset; at < section.BlockOffset + section.BlockSizeBytes; at++)
            {
                var changed = bytes.ToArray();
                changed[at] ^= 0x10;

                var read = await Assert.ThrowsAsync<ContentFormatException>(() => CarTesting.ReadAsync(changed));
                var skipped = await Assert.ThrowsAsync<ContentFormatException>(() => SkipAllAsync(changed));

                Assert.Equal(section.Offset, read.Offset);
                Assert.Contains(section.Cid.ToString(), read.Message, StringComparison.Ordinal);
                Assert.Equal(read.Message, skipped.Message);
            }
        }
    }

    [Fact]
    public async Task Limits_are_those_of_go_car_and_hold_before_anything_is_allocated()
    {
        var header = await CarTesting.WriteAsync([], [], CarFormat.V1);
        byte[] longHeader = [.. Varint(33 << 20), 0xa2];
        byte[] longSection = [.. header, .. Varint((8 << 20) + 1), 1];
        byte[] empty = [.. header, 0];

        Assert.Contains("longer than 33554432", await RefusalAsync(longHeader), StringComparison.Ordinal);
        Assert.Contains("longer than 8388608", await RefusalAsync(longSection), StringComparison.Ordinal);
        Assert.Contains("length 0", await RefusalAsync(empty), StringComparison.Ordinal);
        Assert.Contains("minimal varint", await RefusalAsync([.. header, 0x81, 0x00]), StringComparison.Ordinal);
        Assert.Contains("begin with a CID", await RefusalAsync([.. header, 3, 1, 2, 3]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A16776657273696F6E01", "the roots are missing")]
    [InlineData("A165726F6F747380", "the version is missing")]
    [InlineData("A265726F6F7473806776657273696F6E02", "version 2 has its roots inside")]
    [InlineData("A265726F6F7473806776657273696F6E03", "version 3 is not known")]
    [InlineData("A365726F6F747380657A7A7A7A7A00", "roots and version only")]
    [InlineData("A265726F6F747381006776657273696F6E01", "Integer where Link")]
    [InlineData("A06776657273696F6E01", "bytes follow the value")]
    [InlineData("80", "List where Map")]
    public async Task Headers_of_another_shape_are_refused(string hex, string problem)
    {
        var bytes = Convert.FromHexString(hex);

        Assert.Contains(problem, await RefusalAsync([(byte)bytes.Length, .. bytes]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16, 50, "inside the header")]
    [InlineData(16, 100_000, "before the data ends")]
    [InlineData(24, 0, "the data has 0 bytes")]
    [InlineData(24, long.MaxValue, "the data has")]
    [InlineData(24, 100_000, "before the data ends")]
    [InlineData(32, 60, "before the data ends")]
    [InlineData(32, 100_000, "the file ends before the index")]
    [InlineData(32, 0, "")]
    public async Task Version_2_headers_that_lie_are_refused(int at, long value, string problem)
    {
        var blocks = SomeBlocks();
        var bytes = await CarTesting.WriteAsync([], blocks, CarFormat.V2);
        BitConverter.TryWriteBytes(bytes.AsSpan(CarV2Header.PragmaSizeBytes + at), value);

        if (problem.Length == 0)
        {
            Assert.Equal(blocks.Length, (await CarTesting.ReadAsync(bytes)).Blocks.Count);
            return;
        }

        Assert.Contains(problem, await RefusalAsync(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_ends_in_its_padding_is_refused()
    {
        var bytes = new byte[100];
        CarV2Header.Pragma.CopyTo(bytes);
        new CarV2Header(false, 1024, 10, 0).Write(bytes.AsSpan(CarV2Header.PragmaSizeBytes));

        Assert.Contains("the file ends before the data", await RefusalAsync(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_section_that_crosses_the_end_of_the_data_is_refused()
    {
        var bytes = await CarTesting.WriteAsync([], SomeBlocks(), CarFormat.V2);
        var size = BitConverter.ToInt64(bytes, CarV2Header.PragmaSizeBytes + 24) - 1;
        BitConverter.TryWriteBytes(bytes.AsSpan(CarV2Header.PragmaSizeBytes + 24), size);

        Assert.Contains("crosses the end of the data", await RefusalAsync(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_may_begin_later_and_padding_may_follow()
    {
        var blocks = SomeBlocks();
        var inner = await CarTesting.WriteAsync([blocks[0].Cid], blocks, CarFormat.V1);
        var head = new byte[CarV2Header.HeadSizeBytes];
        CarV2Header.Pragma.CopyTo(head);
        new CarV2Header(false, 1024, inner.Length, 0).Write(head.AsSpan(CarV2Header.PragmaSizeBytes));
        byte[] padded = [.. head, .. new byte[1024 - head.Length], .. inner, .. new byte[100]];

        var car = await CarTesting.ReadAsync(padded);

        Assert.Equal(blocks.Length, car.Blocks.Count);
        Assert.False(car.Header!.Value.IsFullyIndexed);
    }

    [Fact]
    public async Task What_cannot_be_verified_is_refused_unless_it_is_asked_for()
    {
        Assert.True(Cid.TryReadBytes(Convert.FromHexString("01551102ABCD"), out var cid, out _));
        var bytes = await CarTesting.WriteAsync([], [(cid, [1, 2, 3])], CarFormat.V1);

        Assert.Contains("cannot be verified: sha1", await RefusalAsync(bytes), StringComparison.Ordinal);
        var car = await CarTesting.ReadAsync(bytes, new CarReaderOptions { AcceptsUnverifiable = true });
        Assert.Equal([1, 2, 3], car.Blocks[0].Bytes);
        Assert.False(car.Blocks[0].Section.IsVerifiable);
    }

    /// <summary>16 MiB through pipes of 64 KiB: what is held does not grow with the block.</summary>
    [Fact]
    public async Task A_large_block_flows_through_in_bounded_memory()
    {
        const int size = 16 << 20;
        var content = new byte[1 << 16];
        using var hasher = ContentHasher.Create(HashFunctions.Blake3);
        for (var done = 0; done < size; done += content.Length)
        {
            hasher.Update(content);
        }

        var cid = hasher.FinishCid(Codecs.Raw);
        var (source, car, copy) = (new Pipe(), new Pipe(), new Pipe());
        var flow = new Flow();

        var filling = FillAsync(source.Writer, content, size, flow);
        var writing = WriteWholeAsync(car.Writer, cid, source.Reader, size);
        var reading = CopyWholeAsync(car.Reader, copy.Writer, size);
        await DrainAsync(copy.Reader, flow);
        await Task.WhenAll(filling, writing, reading);

        Assert.Equal(size, flow.Drained);
        Assert.InRange(flow.HeldMax, 1, 1 << 20);
    }

    [Theory]
    [InlineData(CarFormat.V1)]
    [InlineData(CarFormat.V2)]
    public async Task Roots_may_be_set_at_the_end_when_they_take_the_same_room(CarFormat format)
    {
        var block = SomeBlocks()[0];
        var file = new MemoryStream();
        var pipe = PipeWriter.Create(file, new StreamPipeWriterOptions(leaveOpen: true));
        var writer = await CarWriter.CreateAsync(pipe, [Cid.ForRaw(new byte[32])], format, CarTesting.Token);
        await writer.WriteBlockAsync(block.Cid, new ReadOnlySequence<byte>(block.Bytes), CarTesting.Token);

        var head = await writer.FinishAsync([block.Cid], CarTesting.Token);
        await pipe.CompleteAsync();
        var bytes = file.ToArray();
        head.CopyTo(bytes);
        var car = await CarTesting.ReadAsync(bytes);

        Assert.Equal([block.Cid], car.Roots);
        AssertIndexed(bytes, car);
    }

    [Fact]
    public async Task Roots_that_take_another_room_are_refused()
    {
        var writer = await CarWriter.CreateAsync(PipeWriter.Create(Stream.Null), [], CarFormat.V1, CarTesting.Token);

        await Assert.ThrowsAsync<ArgumentException>(
            async () => await writer.FinishAsync([Cid.ForRaw(new byte[32])], CarTesting.Token));
    }

    [Fact]
    public async Task A_block_of_another_length_than_announced_is_not_written_quietly()
    {
        var cid = Cid.Of(Codecs.Raw, [1, 2, 3]);
        foreach (var size in new[] { 2, 4 })
        {
            var writer = await CarWriter.CreateAsync(
                PipeWriter.Create(Stream.Null), [], CarFormat.V1, CarTesting.Token);
            await Assert.ThrowsAsync<IOException>(async () =>
                await writer.WriteBlockAsync(cid, CarTesting.PipeOf([1, 2, 3]), size, CarTesting.Token));
        }
    }

    internal static (Cid Cid, byte[] Bytes)[] SomeBlocks() =>
    [
        (Cid.Of(Codecs.Raw, [1, 2, 3, 4, 5]), [1, 2, 3, 4, 5]),
        (Cid.Of(Codecs.DagCbor, [0x83, 1, 2, 3], HashFunctions.Sha256), [0x83, 1, 2, 3]),
        (Cid.Of(Codecs.Raw, [9, 9], HashFunctions.Identity), [9, 9]),
        (Cid.Of(Codecs.Raw, [7], HashFunctions.Sha512), [7]),
    ];

    private static byte[] Varint(int value)
    {
        var bytes = new byte[UnsignedVarint.SizeMax];
        return bytes[..UnsignedVarint.Write(bytes, (ulong)value)];
    }

    private static async Task<string> RefusalAsync(byte[] bytes) =>
        (await Assert.ThrowsAsync<ContentFormatException>(() => CarTesting.ReadAsync(bytes))).Message;

    private static void AssertIndexed(byte[] bytes, CarTesting.Car car)
    {
        if (car.Header is not { } header)
        {
            return;
        }

        Assert.True(header.IsFullyIndexed);
        var index = CarIndex.Decode(bytes.AsMemory((int)header.IndexOffset));
        Assert.Equal(car.Blocks.Count, index.Count);
        var offsets = car.Blocks.ToLookup(b => b.Section.Cid.ToV1(), b => (long?)b.Section.Offset - header.DataOffset);
        Assert.All(car.Blocks, b => Assert.Contains(
            index.Find(b.Section.Cid),
            car.Blocks.Where(o => o.Section.Cid.Digest.SequenceEqual(b.Section.Cid.Digest))
                .SelectMany(o => offsets[o.Section.Cid])));
    }

    private static async Task SkipAllAsync(byte[] bytes)
    {
        await using var reader = await CarReader.OpenAsync(
            CarTesting.PipeOf(bytes), new CarReaderOptions(), CarTesting.Token);
        while (await reader.NextAsync(CarTesting.Token) is not null)
        {
            // Left, and verified all the same.
        }
    }

    private static async Task FillAsync(PipeWriter writer, byte[] content, int size, Flow flow)
    {
        for (var done = 0; done < size; done += content.Length)
        {
            Interlocked.Add(ref flow.Filled, content.Length);
            await writer.WriteAsync(content, CarTesting.Token);
        }

        await writer.CompleteAsync();
    }

    private static async Task WriteWholeAsync(PipeWriter output, Cid cid, PipeReader block, int size)
    {
        var writer = await CarWriter.CreateAsync(output, [cid], CarFormat.V1, CarTesting.Token);
        await writer.WriteBlockAsync(cid, block, size, CarTesting.Token);
        await writer.FinishAsync(roots: null, CarTesting.Token);
        await output.CompleteAsync();
    }

    private static async Task CopyWholeAsync(PipeReader input, PipeWriter output, int size)
    {
        var options = new CarReaderOptions { SectionSizeMax = size + 100 };
        await using var reader = await CarReader.OpenAsync(input, options, CarTesting.Token);
        Assert.NotNull(await reader.NextAsync(CarTesting.Token));
        await reader.CopyBlockAsync(output, CarTesting.Token);
        Assert.Null(await reader.NextAsync(CarTesting.Token));
        await output.CompleteAsync();
    }

    private static async Task DrainAsync(PipeReader reader, Flow flow)
    {
        ReadResult result;
        do
        {
            result = await reader.ReadAsync(CarTesting.Token);
            flow.HeldMax = Math.Max(flow.HeldMax, Interlocked.Read(ref flow.Filled) - flow.Drained);
            flow.Drained += result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
        }
        while (!result.IsCompleted);
    }

    /// <summary>How much is between the source and the sink: in pipes, or in memory where it should not be.</summary>
    private sealed class Flow
    {
        public long Filled;
        public long Drained;
        public long HeldMax;
    }
}

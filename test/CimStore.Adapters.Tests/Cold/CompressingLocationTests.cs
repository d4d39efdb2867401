using System.Buffers;
using CimStore.Adapters.Tests.Pool;
using CimStore.Content;
using CimStore.Disk.Cold;
using CimStore.Disk.Pool;
using CimStore.Locations;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Cold;

[Trait("row", "B11")]
public sealed class CompressingLocationTests : IAsyncLifetime
{
    private static readonly CopyHeader Compressed = new(1, 0, null);

    private readonly PoolFolder _folder = new(1, 0);
    private CompressingLocation? _location;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private CompressingLocation Location => _location!;

    public async ValueTask InitializeAsync() => _location = new CompressingLocation(await _folder.OpenAsync());

    public async ValueTask DisposeAsync()
    {
        await Location.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_shrinks_takes_less_room_and_its_description_says_both_sizes()
    {
        var content = ColdForm.Text(5_000_000, 1);

        var (key, copy) = await AdmitAsync(content);

        var held = await Location.DescribeAsync(key, copy, Token);
        Assert.Equal(Compressed, copy.Header);
        Assert.Equal(Compressed, held!.Manifest.Header);
        Assert.Equal(content.Length, held.Manifest.SizeBytes);
        Assert.InRange(held.Manifest.StoredBytes!.Value, 1, content.Length / 3);
        Assert.Equal(held, Assert.Single(await Location.ListCopiesAsync(null, Token).ToListAsync(Token)));
        var files = Directory.EnumerateFiles(_folder.Path0(0), "*.blob", SearchOption.AllDirectories);
        Assert.InRange(new FileInfo(Assert.Single(files)).Length, 1, content.Length / 3);
        Assert.True((await Location.InspectAsync(key, copy, null, Token))!.IsWhole);
    }

    [Fact]
    public async Task What_does_not_shrink_is_stored_as_it_is()
    {
        foreach (var size in new[] { 0, 1, 100, 500_000, 3_000_000 })
        {
            var content = Samples.Bytes(size, size);

            var (key, copy) = await AdmitAsync(content);

            var held = await Location.DescribeAsync(key, copy, Token);
            Assert.Equal(CopyHeader.Plain, copy.Header);
            Assert.Equal(CopyHeader.Plain, held!.Manifest.Header);
            Assert.Null(held.Manifest.StoredBytes);
            await AssertReadAsync(key, copy, content);
        }

        Assert.Equal(0, Location.ReadersKept);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(4, 4)]
    public async Task Text_of_every_size_is_read_back_whole_and_in_ranges(int dataShards, int parityShards)
    {
        using var folder = new PoolFolder(dataShards, parityShards);
        await using var location = new CompressingLocation(await folder.OpenAsync());
        var subject = new LocationUnderTest(location);
        foreach (var size in Samples.BoundarySizes)
        {
            var content = ColdForm.Text(size, size + 1);
            var key = ContentKey.Shared(Samples.CidOf(content));

            var copy = await subject.AdmitAsync(content, Token);

            Assert.Equal(size >= 1023 ? Compressed : CopyHeader.Plain, copy.Header);
            foreach (var (offset, length) in Ranges(size))
            {
                var part = new byte[length];
                var expected = content.AsSpan(offset, Math.Min(length, size - offset)).ToArray();
                Assert.Equal(expected.Length, await location.ReadAsync(key, copy, offset, part, Token));
                Assert.Equal(expected, part[..expected.Length]);
            }

            Assert.Equal(0, await location.ReadAsync(key, copy, size, new byte[10], Token));
        }
    }

    /// <summary>Its readers prove ranges by the tree, and do not know how small its stored form is.</summary>
    [Theory]
    [InlineData(1_048_576)]
    [InlineData(1_048_577)]
    [InlineData(3_000_001)]
    public async Task Content_above_the_inline_limit_keeps_its_tree_however_small_it_is_stored(int size)
    {
        var content = ColdForm.Text(size, 5);
        var nodes = new ArrayBufferWriter<byte>();
        Blake3Outboard.Build(content, new byte[Blake3.HashSizeBytes], nodes);

        var (key, copy) = await AdmitAsync(content);

        var tree = new byte[nodes.WrittenCount + 1];
        var read = await Location.ReadTreeAsync(key, copy, 0, tree, Token);
        Assert.InRange((await Location.DescribeAsync(key, copy, Token))!.Manifest.StoredBytes!.Value, 1, 1_048_575);
        Assert.Equal(size > Location.InlineSizeMaxBytes ? nodes.WrittenCount : null, read);
        Assert.Equal(read is null ? [] : nodes.WrittenSpan.ToArray(), tree[..(read ?? 0)]);
        await AssertReadAsync(key, copy, content);
    }

    [Fact]
    public async Task A_damaged_copy_is_refused_and_read_again_once_it_is_healed()
    {
        using var folder = new PoolFolder(2, 1);
        var content = ColdForm.Text(6_000_000, 2);
        var key = ContentKey.Shared(Samples.CidOf(content));
        await using var location = new CompressingLocation(await folder.OpenAsync());
        var copy = await new LocationUnderTest(location).AdmitAsync(content, Token);
        await AssertReadAsync(location, key, copy, content);

        Assert.Equal(2, folder.Rot(0));
        await location.HealAsync(key, copy, null, Token);
        await AssertReadAsync(location, key, copy, content);

        folder.Rot(0);
        folder.Rot(1);
        var condition = await location.HealAsync(key, copy, null, Token);
        Assert.False(condition!.IsReadable);
        await Assert.ThrowsAsync<IntegrityException>(
            async () => await ReadAllAsync(location, key, copy, content.Length));
    }

    [Fact]
    public async Task Bytes_that_the_location_below_got_wrong_are_refused()
    {
        var content = ColdForm.Text(3_000_000, 3);
        var lying = new OneWrongByte(await OtherPoolAsync());
        await using var location = new CompressingLocation(lying);
        var key = ContentKey.Shared(Samples.CidOf(content));
        var copy = await new LocationUnderTest(location).AdmitAsync(content, Token);
        var stored = (await location.DescribeAsync(key, copy, Token))!.Manifest.StoredBytes!.Value;
        foreach (var at in new[] { 0, 7, 1000, stored / 2, stored - 1, stored - 20 })
        {
            lying.At = at;
            await Assert.ThrowsAsync<IntegrityException>(
                async () => await ReadAllAsync(location, key, copy, content.Length));

            lying.At = -1;
            await AssertReadAsync(location, key, copy, content);

            // Forgets what was inflated: the next damage is to be seen too.
            await location.HealAsync(key, copy, null, Token);
        }
    }

    [Fact]
    public async Task A_compression_that_is_not_known_is_named_and_never_guessed()
    {
        var (key, copy) = await AdmitAsync(ColdForm.Text(100_000, 1));

        var fault = await Assert.ThrowsAsync<IntegrityException>(
            async () => await Location.ReadAsync(
                key, copy with { Header = new CopyHeader(7, 0, null) }, 0, new byte[10], Token));
        Assert.Contains("compression 7", fault.Message, StringComparison.Ordinal);

        // What looks like zstd and is not said to be is given as it is.
        var stored = new byte[4];
        await Location.ReadAsync(key, copy with { Header = CopyHeader.Plain }, 0, stored, Token);
        Assert.Equal(SeekableZstd.FrameMagic, BitConverter.ToUInt32(stored));
    }

    [Fact]
    public async Task A_catalog_that_calls_a_plain_copy_compressed_is_told_so()
    {
        var (key, copy) = await AdmitAsync(Samples.Bytes(100_000, 1));

        var fault = await Assert.ThrowsAsync<IntegrityException>(
            async () => await Location.ReadAsync(key, copy with { Header = Compressed }, 0, new byte[10], Token));

        Assert.Contains("says that its compression is 0", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_above_the_limit_of_the_form_is_stored_as_it_is()
    {
        await using var location = new CompressingLocation(await OtherPoolAsync(), 2_000_000);
        var content = ColdForm.Text(2_000_001, 1);

        var copy = await new LocationUnderTest(location).AdmitAsync(content, Token);

        Assert.Equal(CopyHeader.Plain, copy.Header);
        await AssertReadAsync(location, ContentKey.Shared(Samples.CidOf(content)), copy, content);
    }

    [Fact]
    public async Task Content_whose_length_nobody_said_is_refused_above_the_limit_of_the_form()
    {
        await using var location = new CompressingLocation(await OtherPoolAsync(), 2_000_000);
        await using var staged = await location.StageAsync(null, Token);
        await staged.WriteAsync(ColdForm.Text(2_000_000, 1), Token);

        var fault = await Assert.ThrowsAsync<LocationException>(
            async () => await staged.WriteAsync(new byte[1], Token));

        Assert.Equal(LocationFault.Full, fault.Fault);
        Assert.Empty(await location.ListCopiesAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_copy_that_is_compressed_already_is_not_sealed()
    {
        await using var staged = await Location.StageAsync(null, Token);
        var manifest = await LocationUnderTest.WriteAsync(staged, ColdForm.Text(10_000, 1), Token);

        await Assert.ThrowsAsync<ArgumentException>(
            async () => await staged.SealAsync(manifest with { Header = Compressed }, Token));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await staged.SealAsync(manifest with { SizeBytes = 10_001 }, Token));
        await staged.SealAsync(manifest, Token);
    }

    [Fact]
    public async Task Few_readers_are_kept_and_none_of_a_copy_that_was_given_up()
    {
        var copies = new List<(ContentKey Key, Copy Copy, byte[] Content)>();
        for (var index = 0; index < ColdReaders.CountMax + 4; index++)
        {
            var content = ColdForm.Text(20_000, index);
            var (key, copy) = await AdmitAsync(content);
            copies.Add((key, copy, content));
        }

        await Task.WhenAll(Enumerable.Range(0, 200).Select(turn => Task.Run(async () =>
        {
            var (key, copy, content) = copies[turn % copies.Count];
            await AssertReadAsync(key, copy, content);
        })));
        Assert.Equal(ColdReaders.CountMax, Location.ReadersKept);

        foreach (var (key, copy, _) in copies)
        {
            await Location.ReleaseAsync(key, copy.Incarnation, Token);
            Assert.Null(await Location.ReadAsync(key, copy, 0, new byte[10], Token));
        }

        Assert.Equal(0, Location.ReadersKept);
    }

    [Fact]
    public async Task Copies_given_up_while_they_are_read_end_as_whole_reads_or_as_absent()
    {
        for (var round = 0; round < 20; round++)
        {
            var content = ColdForm.Text(1_500_000, round);
            var (key, copy) = await AdmitAsync(content);
            var readers = Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
            {
                var read = await ReadAllAsync(Location, key, copy, content.Length);
                Assert.True(read is null || content.AsSpan().SequenceEqual(read));
            })).ToList();

            await Location.ReleaseAsync(key, copy.Incarnation, Token);
            await Task.WhenAll(readers);

            Assert.Null(await Location.ReadAsync(key, copy, 0, new byte[10], Token));
            Assert.Equal(0, Location.ReadersKept);
        }
    }

    [Fact]
    public async Task Who_gives_up_while_a_copy_is_opened_does_not_fail_the_others()
    {
        var content = ColdForm.Text(100_000, 1);
        var slow = new OneWrongByte(await OtherPoolAsync());
        await using var location = new CompressingLocation(slow);
        var key = ContentKey.Shared(Samples.CidOf(content));
        var copy = await new LocationUnderTest(location).AdmitAsync(content, Token);
        using var giveUp = new CancellationTokenSource();
        slow.Hold = new TaskCompletionSource();

        var first = location.ReadAsync(key, copy, 0, new byte[10], giveUp.Token).AsTask();
        var second = ReadAllAsync(location, key, copy, content.Length);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        slow.Hold.SetResult();

        Assert.Equal(content, await second);
    }

    [Fact]
    public async Task After_it_is_disposed_of_nothing_is_read()
    {
        var (key, copy) = await AdmitAsync(ColdForm.Text(100_000, 1));

        await Location.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await Location.ReadAsync(key, copy, 0, new byte[10], Token));
    }

    private static IEnumerable<(int Offset, int Length)> Ranges(int size) =>
    [
        (0, Math.Max(1, size)), (size / 2, 1), (size / 3, 70_000), (Math.Max(0, size - 10), 20),
        (Math.Min(size, 1_048_570), 12), (0, 1),
    ];

    private async Task<PoolLocation> OtherPoolAsync()
    {
        _folder.Options = new()
        {
            Id = new LocationId("other"),
            DataShards = 1,
            ParityShards = 0,
            Sets = [_folder.Paths(9, 1)],
            StateDirectory = _folder.Options.StateDirectory + "-other",
            ForceUnsafe = true,
            Traits = _folder.Options.Traits,
        };
        return await _folder.OpenAsync();
    }

    private async Task<(ContentKey Key, Copy Copy)> AdmitAsync(byte[] content) =>
        (ContentKey.Shared(Samples.CidOf(content)), await new LocationUnderTest(Location).AdmitAsync(content, Token));

    private Task AssertReadAsync(ContentKey key, Copy copy, byte[] content) =>
        AssertReadAsync(Location, key, copy, content);

    private static async Task AssertReadAsync(ILocation location, ContentKey key, Copy copy, byte[] content) =>
        Assert.Equal(content, await ReadAllAsync(location, key, copy, content.Length));

    private static async Task<byte[]?> ReadAllAsync(ILocation location, ContentKey key, Copy copy, int size)
    {
        var bytes = new byte[size];
        for (var filled = 0; filled < size;)
        {
            var piece = bytes.AsMemory(filled, Math.Min(300_000, size - filled));
            if (await location.ReadAsync(key, copy, filled, piece, Token) is not { } read)
            {
                return null;
            }

            Assert.Equal(piece.Length, read);
            filled += read;
        }

        return bytes;
    }

    /// <summary>Gives one byte of the content wrong, and waits where it is told to.</summary>
    private sealed class OneWrongByte(PoolLocation inner) : LocationOver(inner), IAsyncDisposable
    {
        public long At { get; set; } = -1;

        public TaskCompletionSource? Hold { get; set; }

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        public override async ValueTask<int?> ReadAsync(
            ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            if (Hold is { } hold)
            {
                await hold.Task.WaitAsync(cancellationToken);
            }

            var read = await base.ReadAsync(key, copy, offset, destination, cancellationToken);
            if (At >= offset && At < offset + read)
            {
                destination.Span[(int)(At - offset)] ^= 0x20;
            }

            return read;
        }
    }
}

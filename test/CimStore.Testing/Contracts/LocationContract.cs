using System.Buffers;
using CimStore.Content;
using CimStore.Locations;
using Xunit;

namespace CimStore.Testing.Contracts;

/// <summary>What every <see cref="ILocation"/> does, also behind a decorator.</summary>
public abstract class LocationContract : IAsyncLifetime
{
    private LocationUnderTest? _subject;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected static CancellationToken Cancelled => new(canceled: true);

    protected LocationUnderTest Subject => _subject!;

    protected ILocation Location => _subject!.Location;

    public async ValueTask InitializeAsync() => _subject = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (_subject is not null)
        {
            await _subject.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>An empty location.</summary>
    protected abstract ValueTask<LocationUnderTest> OpenAsync();

    [Fact]
    public async Task Content_of_every_size_is_read_back()
    {
        int[] sizes = [.. Samples.BoundarySizes, 1_048_577, 2_500_000, 4_194_304, 4_194_305];
        foreach (var size in sizes)
        {
            var content = Samples.Bytes(size, size);

            var (key, copy) = await AdmitAsync(content);

            Assert.Equal(content, await ReadAllAsync(key, copy, size));
            Assert.Equal(0, await Location.ReadAsync(key, copy, size, new byte[10], Token));
            Assert.Equal(0, await Location.ReadAsync(key, copy, size + 5, new byte[10], Token));
        }
    }

    [Fact]
    public async Task Large_content_is_read_in_ranges_and_has_its_tree()
    {
        var content = Samples.Bytes(3_000_001, 1);
        var (key, copy) = await AdmitAsync(content);

        (int Offset, int Size)[] ranges =
            [(0, 1), (65_535, 2), (2_000_000, 1000), (262_100, 300_000), (2_999_000, 1001)];
        foreach (var (offset, size) in ranges)
        {
            var part = new byte[size];
            Assert.Equal(size, await Location.ReadAsync(key, copy, offset, part, Token));
            Assert.Equal(content[offset..(offset + size)], part);
        }

        var nodes = new ArrayBufferWriter<byte>();
        Blake3Outboard.Build(content, new byte[Blake3.HashSizeBytes], nodes);
        var tree = new byte[nodes.WrittenCount];
        Assert.Equal(tree.Length, await Location.ReadTreeAsync(key, copy, 0, tree, Token));
        Assert.Equal(nodes.WrittenSpan.ToArray(), tree);
        Assert.Equal(64, await Location.ReadTreeAsync(key, copy, 128, tree.AsMemory(0, 64), Token));
        Assert.Equal(nodes.WrittenSpan.Slice(128, 64).ToArray(), tree[..64]);
    }

    [Fact]
    public async Task Content_that_was_not_sealed_is_nowhere()
    {
        foreach (var size in new[] { 100, 2_000_000 })
        {
            await using var staged = await Location.StageAsync(null, Token);
            await staged.WriteAsync(new byte[size], Token);
        }

        Assert.Empty(await Location.ListCopiesAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Staged_content_of_another_size_is_not_sealed()
    {
        await using var staged = await Location.StageAsync(10, Token);
        await staged.WriteAsync(new byte[10], Token);
        var manifest = new CopyManifest(
            ContentKey.Shared(Samples.CidOf(new byte[11])), 11, Samples.CidOf(new byte[11]));

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await staged.SealAsync(manifest, Token));
    }

    [Fact]
    public async Task A_copy_that_is_not_held_is_absent()
    {
        var (key, copy) = await AdmitAsync([1]);
        var other = ContentKey.Shared(Samples.CidOf([2]));

        Assert.Null(await Location.ReadAsync(key, copy with { Incarnation = 999 }, 0, new byte[1], Token));
        Assert.Null(await Location.ReadAsync(key, copy with { Location = new LocationId("x") }, 0, new byte[1], Token));
        Assert.Null(await Location.ReadTreeAsync(key, copy with { Incarnation = 999 }, 0, new byte[1], Token));
        Assert.Null(await Location.DescribeAsync(other, copy with { Incarnation = 999 }, Token));
        Assert.Null(await Location.InspectAsync(other, copy with { Incarnation = 999 }, null, Token));
        Assert.Null(await Location.HealAsync(other, copy with { Incarnation = 999 }, null, Token));
    }

    [Fact]
    public async Task A_cancelled_call_is_cancelled()
    {
        var (key, copy) = await AdmitAsync([1]);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Location.ReadAsync(key, copy, 0, new byte[1], Cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Location.StageAsync(null, Cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Location.ReleaseAsync(key, copy.Incarnation, Cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Location.InspectAsync(key, copy, null, Cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Location.HealAsync(key, copy, null, Cancelled));
        Assert.Equal([1], await ReadAllAsync(key, copy, 1));
    }

    [Fact]
    public async Task Readers_at_once_all_read_the_same()
    {
        foreach (var size in new[] { 200_000, 3_000_000 })
        {
            var content = Samples.Bytes(size, 2);
            var (key, copy) = await AdmitAsync(content);

            var read = await Task.WhenAll(
                Enumerable.Range(0, 8).Select(_ => Task.Run(() => ReadAllAsync(key, copy, content.Length))));

            Assert.All(read, bytes => Assert.Equal(content, bytes));
        }
    }

    [Fact]
    public async Task Writers_at_once_are_all_kept()
    {
        var contents = Enumerable.Range(0, 32).Select(index => Samples.Bytes(1000 + index, index)).ToList();

        var copies = await Task.WhenAll(contents.Select(content => Task.Run(() => AdmitAsync(content))));

        for (var index = 0; index < contents.Count; index++)
        {
            var (key, copy) = copies[index];
            Assert.Equal(contents[index], await ReadAllAsync(key, copy, contents[index].Length));
        }
    }

    [Fact]
    public async Task What_it_holds_is_listed_in_the_words_of_its_own_header()
    {
        var contents = new[] { Samples.Bytes(10, 1), Samples.Bytes(2_000_000, 2), Samples.Bytes(5000, 3), [] };
        var copies = new List<(ContentKey Key, Copy Copy)>();
        foreach (var content in contents)
        {
            copies.Add(await AdmitAsync(content));
        }

        var listed = await Location.ListCopiesAsync(null, Token).ToListAsync(Token);

        var expected = copies.OrderBy(pair => pair.Key.Cid).ToList();
        Assert.Equal(expected.Select(pair => pair.Key), listed.Select(held => held.Manifest.Key));
        Assert.Equal(expected.Select(pair => pair.Copy.Incarnation), listed.Select(held => held.Manifest.Incarnation));
        Assert.All(listed, held =>
        {
            var content = contents.Single(content => Samples.CidOf(content) == held.Manifest.Root);
            Assert.Equal(content.Length, held.Manifest.SizeBytes);
            Assert.Equal(CopyHeader.Plain, held.Manifest.Header);
        });
        foreach (var (key, copy) in expected)
        {
            var described = await Location.DescribeAsync(key, copy, Token);
            Assert.Equal(listed.Single(held => held.Manifest.Key == key).Manifest, described!.Manifest);
        }

        var rest = await Location.ListCopiesAsync(expected[1].Key, Token).ToListAsync(Token);
        Assert.Equal(expected.Skip(2).Select(pair => pair.Key), rest.Select(held => held.Manifest.Key));
    }

    [Fact]
    public async Task A_copy_that_was_given_up_is_gone_and_the_others_stay()
    {
        var (key, copy) = await AdmitAsync(Samples.Bytes(2_000_000, 1));
        var (smallKey, small) = await AdmitAsync(Samples.Bytes(100, 2));
        var (keptKey, kept) = await AdmitAsync(Samples.Bytes(200, 3));

        await Subject.ReleaseAsync(key, copy, Token);
        await Subject.ReleaseAsync(smallKey, small, Token);
        await Location.ReleaseAsync(smallKey, small.Incarnation, Token);

        var held = Assert.Single(await Location.ListCopiesAsync(null, Token).ToListAsync(Token));
        Assert.Equal(keptKey, held.Manifest.Key);
        Assert.Equal(Samples.Bytes(200, 3), await ReadAllAsync(keptKey, kept, 200));
    }

    [Fact]
    public async Task A_whole_copy_is_found_whole_and_healing_it_changes_nothing()
    {
        foreach (var size in new[] { 0, 1, 5000, 2_000_000 })
        {
            var content = Samples.Bytes(size, 4);
            var (key, copy) = await AdmitAsync(content);

            var condition = await Location.InspectAsync(key, copy, null, Token);
            var healed = await Location.HealAsync(key, copy, null, Token);

            Assert.True(condition!.IsWhole, string.Join(" ", condition.Faults));
            Assert.Empty(condition.Faults);
            Assert.True(condition.BytesRead >= size);
            Assert.Equal(condition.PartsIntact, healed!.PartsIntact);
            Assert.Equal(content, await ReadAllAsync(key, copy, size));
        }

        Assert.Empty(Location.TakeDegraded());
    }

    [Fact]
    public async Task Whoever_sets_the_pace_is_asked_for_all_that_is_read_a_block_at_a_time()
    {
        var (key, copy) = await AdmitAsync(Samples.Bytes(5_000_000, 5));
        var (inspecting, healing) = (new CountingPace(), new CountingPace());

        var condition = await Location.InspectAsync(key, copy, inspecting, Token);
        await Location.HealAsync(key, copy, healing, Token);

        Assert.Equal(condition!.BytesRead, inspecting.Sum);
        Assert.InRange(healing.Sum, 5_000_000, long.MaxValue);
        Assert.InRange(Math.Max(inspecting.Largest, healing.Largest), 1, 1 << 20);
    }

    [Fact]
    public async Task What_it_holds_takes_room()
    {
        await AdmitAsync(Samples.Bytes(2_000_000, 1));

        var space = await Location.MeasureSpaceAsync(Token);
        var room = await Location.FindRoomAsync(Token);

        Assert.True(space.BytesUsed >= 2_000_000);
        Assert.Equal(space.BytesTotal, room.BytesTotal);
        Assert.Equal(space.BytesFree is null, room.FillShare is null);
        Assert.True(space.BytesFree is null || space.BytesTotal >= space.BytesFree);
        Assert.Empty(Location.Warnings.Where(warning => !warning.Contains("force-unsafe", StringComparison.Ordinal)));
    }

    protected async Task<(ContentKey Key, Copy Copy)> AdmitAsync(byte[] content) =>
        (ContentKey.Shared(Samples.CidOf(content)), await Subject.AdmitAsync(content, Token));

    protected async Task<byte[]?> ReadAllAsync(ContentKey key, Copy copy, int size)
    {
        var bytes = new byte[size];
        var filled = 0;
        while (filled < size)
        {
            var read = await Location.ReadAsync(key, copy, filled, bytes.AsMemory(filled), Token);
            if (read is null)
            {
                return null;
            }

            Assert.NotEqual(0, read);
            filled += read.Value;
        }

        return bytes;
    }

    private sealed class CountingPace : IReadPace
    {
        public long Sum { get; private set; }

        public long Largest { get; private set; }

        public ValueTask TakeAsync(long bytes, CancellationToken cancellationToken)
        {
            Sum += bytes;
            Largest = Math.Max(Largest, bytes);
            return ValueTask.CompletedTask;
        }
    }
}

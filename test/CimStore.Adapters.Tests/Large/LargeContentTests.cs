using CimStore.Disk;
using CimStore.Objects;
using CimStore.Locations;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Large;

public sealed class LargeContentTests
{
    private static readonly IdSource Ids = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    [InlineData(20_000_003)]
    public async Task Staged_content_and_its_tree_are_read_back_after_opening_again(int size)
    {
        using var directory = new TempDirectory();
        var content = Sample.Bytes(size, size);
        var tree = Sample.Tree(content);
        await using (var store = await Sample.OpenAsync(directory))
        {
            await StoreAsync(store, content);
        }

        await using var again = await Sample.OpenAsync(directory);
        var record = await again.FindAsync(Sample.Key(content), Token);
        var nodes = new byte[tree.Length];
        var read = tree.Length == 0
            ? 0
            : await again.ReadTreeAsync(record!.Key, record.Copies[0], 0, nodes, Token);

        Assert.Equal(content, await Sample.ReadAsync(again, Sample.Key(content), Token));
        Assert.Equal(tree.Length, read);
        Assert.Equal(tree, nodes);
        Assert.Empty(await again.CheckAsync(Token));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(directory.Path, "staging")));
    }

    [Fact]
    public async Task Staged_content_without_an_entry_leaves_nothing_behind()
    {
        using var directory = new TempDirectory();
        await using var store = await Sample.OpenAsync(directory);
        var content = Sample.Bytes(5, 3_000_000);

        await using (await Sample.StageAsync(store, content, Token))
        {
        }

        await using (var half = await store.StageAsync(10_000_000, Token))
        {
            await half.WriteAsync(content, Token);
        }

        Assert.Empty(LargeFilesOf(directory));
    }

    [Fact]
    public async Task Content_whose_seal_was_refused_leaves_nothing_behind()
    {
        using var directory = new TempDirectory();
        await using var store = await Sample.OpenAsync(directory);
        var content = Sample.Bytes(8, 3_000_000);
        var staged = await store.StageAsync(content.Length, Token);
        await staged.WriteAsync(content, Token);
        await staged.WriteTreeAsync(Sample.Tree(content), Token);

        var manifest = Sample.Manifest(content) with
        {
            Header = new CopyHeader(0, 0, new string('k', 2000)),
        };
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await staged.SealAsync(manifest, Token));
        await staged.DisposeAsync();

        Assert.Empty(LargeFilesOf(directory));
    }

    [Fact]
    public async Task What_a_crash_left_staged_is_swept_at_the_next_open()
    {
        using var directory = new TempDirectory();
        var content = Sample.Bytes(6, 2_000_000);
        await using (var store = await Sample.OpenAsync(directory))
        {
            await StoreAsync(store, content);
        }

        await File.WriteAllTextAsync(Path.Combine(directory.Path, "staging", "x.part"), "left", Token);
        var folder = Directory.CreateDirectory(Path.Combine(directory.Path, "large", "00")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, $"{new string('0', 32)}.blob"), "unreferred", Token);
        await using var again = await Sample.OpenAsync(directory);

        Assert.Equal(2, LargeFilesOf(directory).Length);
        Assert.Equal(content, await Sample.ReadAsync(again, Sample.Key(content), Token));
    }

    [Fact]
    public async Task The_files_of_released_content_are_unlinked()
    {
        using var directory = new TempDirectory();
        await using var store = await Sample.OpenAsync(directory);
        var content = Sample.Bytes(7, 2_000_000);
        await StoreAsync(store, content);
        var record = await store.FindAsync(Sample.Key(content), Token);
        await store.AppendAsync([Sample.Delete(Ids, record!, DateTimeOffset.UnixEpoch)], Token);
        record = await store.FindAsync(Sample.Key(content), Token);
        Assert.Equal(content, await Sample.ReadAsync(store, Sample.Key(content), Token));

        await store.AppendAsync(Sample.Release(Ids, record!), Token);

        Assert.Empty(LargeFilesOf(directory));
        Assert.Empty(await store.CheckAsync(Token));
    }

    private static string[] LargeFilesOf(TempDirectory directory) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(directory.Path, "large"), "*", SearchOption.AllDirectories),
        .. Directory.EnumerateFiles(Path.Combine(directory.Path, "staging")),
    ];

    private static async Task StoreAsync(DiskStore store, byte[] content)
    {
        await using var staged = await Sample.StageAsync(store, content, Token);
        await store.AppendAsync([Sample.StoreStaged(Ids, content, staged)], Token);
    }
}

using System.Diagnostics;
using System.Text;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Engine;

public sealed class TreeTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cimstore-tree-");
    private StorageNode? _node;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Source => Path.Combine(_folder.FullName, "source");

    private string Target => Path.Combine(_folder.FullName, "target");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Source);
        (_node, _) = await MemoryNode.OpenAsync(TimeProvider.System, new StorageNodeOptions(), Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _node!.DisposeAsync();

        // Not by .NET, which cannot name a file whose name is not UTF-8.
        Shell($"chmod -R u+rwx '{_folder.FullName}'; rm -rf '{_folder.FullName}'", "/");
    }

    [Fact]
    [Trait("row", "J13")]
    public async Task A_restored_tree_is_the_one_that_was_stored()
    {
        Shell("""
            mkdir -p a/b/c empty 'with space' many
            printf hello > a/hello; : > a/b/nothing; head -c 3000000 /dev/urandom > a/b/c/large
            head -c 1048576 /dev/urandom > a/border; head -c 1048577 /dev/urandom > a/above
            printf x > $'new\nline'; printf y > $'not-utf8-\xff\xfe'; printf z > 'with space/é'
            ln -s ../a/hello a/link; ln -s /nowhere dangling; ln -s loop loop
            for i in $(seq 1 300); do printf $i > many/$i; done
            chmod 640 a/hello; chmod 755 a/border; chmod 750 a/b; chmod 555 many
            touch -d '2001-02-03 04:05:06.789' a/hello; touch -h -d '2002-02-02' a/link; touch -d '2003-03-03' a/b many
            """);

        var items = await WriteAsync();
        var restored = await RestoreAsync(items[^1].Cid!.Value);

        Assert.DoesNotContain(items.Concat(restored), item => item.Error is not null);
        Assert.True(items[^1].IsRoot);
        Assert.Equal("", Shell("diff -r --no-dereference source target", _folder.FullName));
        const string Facts = "find . -mindepth 1 -printf '%p %y %m %T@ %l %s\\n' | sort";
        Assert.Equal(FactsOf(Source, Facts), FactsOf(Target, Facts));
    }

    [Fact]
    [Trait("row", "J13")]
    public async Task The_same_tree_has_the_same_root_and_paths_in_the_same_order()
    {
        Shell("mkdir -p b/x a; printf 1 > b/x/1; printf 2 > a/2; printf 3 > c; head -c 2000000 /dev/zero > b/big");

        var first = await WriteAsync();
        var second = await WriteAsync();

        Assert.Equal(["a/2", "b/big", "b/x/1", "c", ""], first.Select(item => item.PathText));
        Assert.Equal(first.Select(item => item.Cid), second.Select(item => item.Cid));
    }

    [Fact]
    public async Task A_large_directory_is_sharded_and_comes_back()
    {
        Shell("for i in $(seq 1 2500); do : > file-$i; done");

        var root = (await WriteAsync())[^1].Cid!.Value;
        await RestoreAsync(root);

        Assert.Equal("", Shell("diff -r source target", _folder.FullName));
        Assert.Equal(2500, await new TreeReader(_node!).ListAsync(root, Token).CountAsync(Token));
    }

    [Fact]
    public async Task What_cannot_be_read_is_told_and_costs_nothing_else()
    {
        Shell("printf 1 > first; mkfifo pipe; printf 2 > second; mkdir d; printf 3 > d/third");

        var items = await WriteAsync();
        await RestoreAsync(items[^1].Cid!.Value);

        var failed = Assert.Single(items, item => item.Error is not null);
        Assert.Equal("pipe", failed.PathText);
        Assert.Equal(["d/third", "first", "second"], Files());
    }

    [Fact]
    public async Task Nothing_that_exists_is_written_over_or_followed()
    {
        Shell("mkdir d; printf new > d/file; printf new > file");
        var root = (await WriteAsync())[^1].Cid!.Value;
        Shell("mkdir outside target; printf old > target/file; ln -s ../outside target/d", _folder.FullName);

        var restored = await RestoreAsync(root);

        Assert.Equal(2, restored.Count(item => item.Error is not null));
        Assert.Equal("old", File.ReadAllText(Path.Combine(Target, "file")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder.FullName, "outside")));
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("/etc")]
    [InlineData("a\0b")]
    public void A_name_that_leads_elsewhere_is_refused(string name)
    {
        var entry = new DirectoryEntry(
            Encoding.UTF8.GetBytes(name), DirectoryEntryKind.Link, 0, 0, 0, null, new byte[] { 46 });

        var node = DirectoryNode.Encode([entry])[^1].Bytes;

        Assert.Throws<IntegrityException>(() => DirectoryNode.Decode(node));
    }

    [Fact]
    public void Entries_out_of_order_or_twice_are_refused()
    {
        DirectoryEntry Entry(string name) => new(
            Encoding.UTF8.GetBytes(name), DirectoryEntryKind.Link, 0, 0, 0, null, new byte[] { 46 });

        Assert.Throws<IntegrityException>(
            () => DirectoryNode.Decode(DirectoryNode.Encode([Entry("b"), Entry("a")])[^1].Bytes));
        Assert.Throws<IntegrityException>(
            () => DirectoryNode.Decode(DirectoryNode.Encode([Entry("a"), Entry("a")])[^1].Bytes));
    }

    [Fact]
    public async Task A_root_that_is_no_directory_is_refused()
    {
        var content = await _node!.StoreManyAsync(
            [new StoreItem(new System.Buffers.ReadOnlySequence<byte>(new byte[] { 1 }))], StoreRequest.Default, Token);

        await Assert.ThrowsAsync<IntegrityException>(() => RestoreAsync(content[0].Stored!.Cid));
        await Assert.ThrowsAsync<RefusedException>(
            () => RestoreAsync(content[0].Stored!.Cid.WithCodec(Codecs.DagCbor)));
    }

    private string[] Files() =>
    [
        .. Directory.EnumerateFiles(Target, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Target, file)).Order(StringComparer.Ordinal),
    ];

    private async Task<List<TreeItem>> WriteAsync() =>
        await new TreeWriter(_node!, StoreRequest.Default).WriteAsync(Source, Token).ToListAsync(Token);

    private async Task<List<TreeItem>> RestoreAsync(Cid root) =>
        await new TreeReader(_node!).RestoreAsync(root, Target, Token).ToListAsync(Token);

    private static string FactsOf(string folder, string command) => Shell(command, folder);

    private string Shell(string command) => Shell(command, Source);

    private static string Shell(string command, string folder)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-ec", command])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
        var output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return output;
    }
}

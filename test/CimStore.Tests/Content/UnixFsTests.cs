using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CimStore.Content;
using CimStore.Testing;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

public sealed class UnixFsTests
{
    private static CancellationToken Token => CarTesting.Token;

    [Fact]
    public async Task Reading_undoes_writing_whatever_the_shape() =>
        await Gen.Select(Gen.Byte.Array[0, 400], Gen.Int[1, 20], Gen.Int[2, 5]).SampleAsync(async (content, leaf, n) =>
        {
            var store = new Store();
            var options = new UnixFsWriterOptions { LeafSizeBytes = leaf, LinksMax = n };

            var file = await UnixFsWriter.WriteAsync(CarTesting.PipeOf(content), store.PutAsync, options, Token);

            Assert.Equal(content.Length, file.SizeBytes);
            Assert.Equal(content, await ReadFileAsync(store, file.Root));
            Assert.Equal(store.Puts, file.BlockCount);
            Assert.Equal(file.Root, store.Last);
            Assert.All(store.Blocks, block => Assert.Equal(CidVerdict.Match, block.Key.Verify(block.Value)));
        });

    /// <summary>
    /// The roots that ipfs-unixfs-importer 17.1.1 gives for the same bytes, leaves, links and hash function.
    /// </summary>
    [Theory]
    [InlineData(0, 1 << 20, 174, "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku")]
    [InlineData(1000, 1 << 20, 174, "bafkreigiljbr4d7fowzgbeuj2osaijauofpuabqsk5nbexjm4vlt2yehgi")]
    [InlineData(1 << 20, 1 << 20, 174, "bafkreia7qzd5jtjpowkmgxcbhzmc4aiitqajfhoueopn3vo62pka6ms5km")]
    [InlineData((1 << 20) + 1, 1 << 20, 174, "bafybeieofemmtv5mcmqqgckmrzjctyofxv4h2exgvbfjpg3ddjkxwpyln4")]
    [InlineData((3 << 20) + 5, 1 << 20, 174, "bafybeifq7l3afo2t6cqbvstspwxrio2mcoytsebwr2bmffwfbdqnl3w3ze")]
    [InlineData(1024 * 174, 1024, 174, "bafybeibcfmn5jjurufxxnqzjmk3pmahgcjctpckzqcwyrs46ybp74rbram")]
    [InlineData((1024 * 174) + 1, 1024, 174, "bafybeiecepkgm3siisuu4qyprh3m3ehngu4oghyly6xni4g4yyg43kirh4")]
    [InlineData((64 * 31000) + 7, 64, 174, "bafybeigcz66idhn22q7tbv2tkgajzzngatctfcekekyj5j3bd5u3eo2dn4")]
    [InlineData((64 * 31000) + 7, 64, 1024, "bafybeigrhios5e2vnjvppyo44wn7stghyici67cvuoaejkuhvk3yxf24wy")]
    public async Task Roots_are_those_of_other_tools(int size, int leafSize, int links, string root)
    {
        var content = new byte[size];
        for (var index = 0; index < size; index++)
        {
            content[index] = (byte)((index * 7) + (index >> 8));
        }

        var options = new UnixFsWriterOptions
        {
            LeafSizeBytes = leafSize,
            LinksMax = links,
            HashFunction = HashFunctions.Sha256,
        };
        var store = new Store();

        var file = await UnixFsWriter.WriteAsync(CarTesting.PipeOf(content), store.PutAsync, options, Token);

        Assert.Equal(root, file.Root.ToString());
        Assert.Equal(content, await ReadFileAsync(store, file.Root));
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(11, 2 + 1)]
    [InlineData(40, 4 + 1)]
    [InlineData(41, 5 + 2 + 1)]
    [InlineData(160, 16 + 4 + 1)]
    [InlineData(161, 17 + 5 + 2 + 1)]
    public async Task A_row_becomes_a_node_only_when_more_comes(int size, int blocks)
    {
        var content = Enumerable.Range(0, size).Select(number => (byte)number).ToArray();
        var options = new UnixFsWriterOptions { LeafSizeBytes = 10, LinksMax = 4 };

        var file = await UnixFsWriter.WriteAsync(CarTesting.PipeOf(content), new Store().PutAsync, options, Token);

        Assert.Equal(blocks, file.BlockCount);
    }

    [Fact]
    public async Task Directories_and_files_of_other_tools_are_read()
    {
        var (store, root) = await LoadAsync("gateway-cars/path_gateway_unixfs/dir-with-files.car");
        var reader = new UnixFsReader(store.GetAsync);

        var entries = await reader.ListAsync(root, Token).ToDictionaryAsync(e => e.Name, e => e.Cid, null, Token);

        Assert.Equal(["ascii-copy.txt", "ascii.txt", "hello.txt", "multiblock.txt"], entries.Keys.Order());
        Assert.Equal("hello world\n", Encoding.UTF8.GetString(await ReadFileAsync(store, entries["hello.txt"])));
        var multiblock = await reader.StatAsync(entries["multiblock.txt"], Token);
        Assert.Equal(UnixFsKind.File, multiblock.Kind);
        Assert.Equal(1026, multiblock.SizeBytes);
        Assert.Equal(1026, (await ReadFileAsync(store, multiblock.Cid)).Length);
    }

    [Fact]
    public async Task A_symbolic_link_shows_its_target()
    {
        var (store, root) = await LoadAsync("gateway-cars/path_gateway_unixfs/symlink.car");
        var reader = new UnixFsReader(store.GetAsync);

        var nodes = new List<UnixFsNode>();
        await foreach (var entry in reader.ListAsync(root, Token))
        {
            nodes.Add(await reader.StatAsync(entry.Cid, Token));
        }

        var link = Assert.Single(nodes, node => node.Kind == UnixFsKind.SymbolicLink);
        Assert.Equal("foo", Encoding.UTF8.GetString(link.Data.Span));
        await Assert.ThrowsAsync<ContentFormatException>(() => ReadFileAsync(store, link.Cid));
    }

    /// <summary>A sharded directory by hand: a shard of 256 slots with two names and a shard below with one.</summary>
    [Fact]
    public async Task A_sharded_directory_is_listed()
    {
        var store = new Store();
        var leaf = await store.PutRawAsync([1]);
        var below = await store.PutNodeAsync([0x08, 5, 0x28, 0x22, 0x30, 0x80, 0x02], new DagPbLink(leaf, "0Athree"));
        var root = await store.PutNodeAsync(
            [0x08, 5, 0x12, 1, 0xff, 0x28, 0x22, 0x30, 0x80, 0x02],
            new(leaf, "00one"), new(leaf, "7Ftwo"), new(below, "A0"));

        var entries = await new UnixFsReader(store.GetAsync).ListAsync(root, Token).ToListAsync(Token);

        Assert.Equal(["one", "two", "three"], entries.Select(entry => entry.Name));
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("a\0")]
    public async Task Names_that_lead_elsewhere_are_refused(string name)
    {
        var store = new Store();
        var root = await store.PutNodeAsync([0x08, 1], new DagPbLink(await store.PutRawAsync([1]), name));

        await Assert.ThrowsAsync<ContentFormatException>(
            async () => await new UnixFsReader(store.GetAsync).ListAsync(root, Token).CountAsync(Token));
    }

    [Theory]
    [InlineData("", "which is not read")]
    [InlineData("0803", "which is not read")]
    [InlineData("0806", "which is not read")]
    [InlineData("08021801", "has 0 bytes and announces 1")]
    [InlineData("08022001", "has 0 parts and sizes for 1")]
    [InlineData("0805", "a directory shard of 0 slots")]
    [InlineData("08051202FFFF30FFFFFFFF0F", "a directory shard of")]
    [InlineData("0802120501", "5 bytes announced, 1 left")]
    public void Nodes_that_contradict_themselves_are_refused(string data, string problem)
    {
        var block = DagPbTests.Encode(new DagPbNode([], Convert.FromHexString(data).AsMemory()));

        var refusal = Assert.Throws<ContentFormatException>(
            () => UnixFsNode.Decode(Cid.Of(Codecs.DagPb, block), block));

        Assert.Contains(problem, refusal.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_of_another_size_than_announced_is_refused()
    {
        var store = new Store();
        var leaf = await store.PutRawAsync([1, 2, 3]);
        var root = await store.PutNodeAsync([0x08, 2, 0x18, 4, 0x20, 4], new DagPbLink(leaf, "", 3));

        await Assert.ThrowsAsync<ContentFormatException>(() => ReadFileAsync(store, root));
    }

    [Fact]
    public async Task A_graph_that_multiplies_itself_is_refused_by_its_size_or_costs_nothing()
    {
        var store = new Store();
        var (full, empty) = (await store.PutRawAsync([1]), await store.PutRawAsync([]));
        var size = 1L;
        for (var level = 0; level < 5; level++)
        {
            full = await store.PutFileAsync(Enumerable.Repeat((full, size), 100));
            empty = await store.PutFileAsync(Enumerable.Repeat((empty, 0L), 100));
            size *= 100;
        }

        await Assert.ThrowsAsync<ContentFormatException>(() => ReadFileAsync(store, full));
        store.Gets = 0;
        Assert.Empty(await ReadFileAsync(store, empty));
        Assert.Equal(1, store.Gets);
    }

    [Fact]
    public async Task An_absent_block_is_named()
    {
        var refusal = await Assert.ThrowsAsync<ContentFormatException>(
            () => ReadFileAsync(new Store(), Cid.Of(Codecs.Raw, [1])));

        Assert.Contains("is absent", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spoiled_nodes_are_read_or_refused()
    {
        var store = new Store();
        var file = await UnixFsWriter.WriteAsync(
            CarTesting.PipeOf(new byte[30]), store.PutAsync, new UnixFsWriterOptions { LeafSizeBytes = 10 }, Token);

        IpldGen.Spoiled(Gen.Const(store.Blocks[file.Root])).Sample(
            bytes =>
            {
                try
                {
                    return UnixFsNode.Decode(file.Root, bytes).SizeBytes >= 0;
                }
                catch (ContentFormatException)
                {
                    return true;
                }
            },
            iter: Math.Max(2000, Check.Iter));
    }

    private static async Task<byte[]> ReadFileAsync(Store store, Cid root)
    {
        var content = new MemoryStream();
        var pipe = PipeWriter.Create(content, new StreamPipeWriterOptions(leaveOpen: true));
        var size = await new UnixFsReader(store.GetAsync).CopyFileAsync(root, pipe, sizeBytesMax: 1 << 22, Token);
        await pipe.CompleteAsync();
        Assert.Equal(size, content.Length);
        return content.ToArray();
    }

    private static async Task<(Store Store, Cid Root)> LoadAsync(string name)
    {
        var car = await CarTesting.ReadAsync(await File.ReadAllBytesAsync(Kits.Require(name), Token));
        var store = new Store();
        foreach (var (section, bytes) in car.Blocks)
        {
            store.Blocks[section.Cid] = bytes;
        }

        return (store, car.Roots[0]);
    }

    private sealed class Store
    {
        public Dictionary<Cid, byte[]> Blocks { get; } = [];

        public int Puts { get; private set; }

        public int Gets { get; set; }

        public Cid Last { get; private set; }

        public ValueTask PutAsync(Cid cid, ReadOnlySequence<byte> block, CancellationToken cancellationToken)
        {
            Blocks[cid] = block.ToArray();
            (Last, Puts) = (cid, Puts + 1);
            return ValueTask.CompletedTask;
        }

        public ValueTask<ReadOnlyMemory<byte>?> GetAsync(Cid cid, CancellationToken cancellationToken)
        {
            Gets++;
            ReadOnlyMemory<byte>? found = null;
            if (Blocks.TryGetValue(cid, out var block))
            {
                found = block;
            }

            return new(found);
        }

        public async Task<Cid> PutRawAsync(byte[] bytes)
        {
            var cid = Cid.Of(Codecs.Raw, bytes);
            await PutAsync(cid, new ReadOnlySequence<byte>(bytes), Token);
            return cid;
        }

        public async Task<Cid> PutNodeAsync(byte[] data, params DagPbLink[] links)
        {
            var block = DagPbTests.Encode(new DagPbNode([.. links], data.AsMemory()));
            var cid = Cid.Of(Codecs.DagPb, block);
            await PutAsync(cid, new ReadOnlySequence<byte>(block), Token);
            return cid;
        }

        public Task<Cid> PutFileAsync(IEnumerable<(Cid Cid, long Size)> parts)
        {
            var data = new ArrayBufferWriter<byte>();
            var all = parts.ToArray();
            UnixFsNode.WriteFileData(
                data, (ulong)all.Sum(part => part.Size), all.Select(part => (ulong)part.Size).ToArray());
            return PutNodeAsync(
                data.WrittenSpan.ToArray(), [.. all.Select(part => new DagPbLink(part.Cid, "", (ulong)part.Size))]);
        }
    }
}

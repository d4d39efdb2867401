using System.IO.Pipelines;
using System.Security.Cryptography;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Testing.Memory;
using CimStore.Testing;
using Xunit;

namespace CimStore.Tests.Engine;

public sealed class CarRoundTripTests : IAsyncLifetime
{
    private StorageNode _from = null!;
    private StorageNode _to = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => (_from, _to) = (await OpenAsync(), await OpenAsync());

    public async ValueTask DisposeAsync()
    {
        await _from.DisposeAsync();
        await _to.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("row", "J10")]
    public async Task What_was_exported_is_imported_under_the_same_names(bool whole)
    {
        var small = await StoreAsync([1, 2, 3], Codecs.Raw);
        var large = await StoreAsync(Bytes(3_500_001), Codecs.Raw);
        var list = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new DagCborWriter(list);
        writer.WriteListStart(2);
        writer.WriteLink(small);
        writer.WriteLink(large);
        var root = await StoreAsync(list.WrittenSpan.ToArray(), Codecs.DagCbor);

        var archive = await ExportAsync(_from, [root], whole);
        var imported = await ImportAsync(_to, archive);

        Assert.Equal([root], imported.Roots);
        Assert.Equal(whole ? 0 : 1, imported.MadeWhole.Length);
        Assert.Equal(Bytes(3_500_001), await ReadAsync(_to, large));
        Assert.Equal([1, 2, 3], await ReadAsync(_to, small));
        var held = new List<Cid>();
        await foreach (var record in _to.ListAsync(null, Token))
        {
            held.Add(record.Key.Cid);
        }

        Assert.Equal(new[] { small, large, root }.Order(), held);
    }

    [Fact]
    public async Task No_block_of_an_export_is_larger_than_other_tools_carry()
    {
        var root = await StoreAsync(Bytes(3_500_001), Codecs.Raw);
        var archive = await ExportAsync(_from, [root], whole: false);

        await using var reader = await CarReader.OpenAsync(
            PipeReader.Create(new MemoryStream(archive)), new CarReaderOptions(), Token);
        var blocks = new List<Cid>();
        while (await reader.NextAsync(Token) is { } section)
        {
            Assert.InRange(section.BlockSizeBytes, 0, CarExport.BlockSizeMaxBytes);
            blocks.Add(section.Cid);
        }

        Assert.All(reader.Roots, name => Assert.Contains(name, blocks));
    }

    [Fact]
    [Trait("row", "H4")]
    public async Task A_truncated_or_flipped_archive_is_refused_with_the_offset()
    {
        var root = await StoreAsync(Bytes(100_000), Codecs.Raw);
        var archive = await ExportAsync(_from, [root], whole: true);
        var flipped = archive.ToArray();
        flipped[70_000] ^= 1;

        var cut = await Assert.ThrowsAsync<ContentFormatException>(() => ImportAsync(_to, archive[..60_000]));
        var wrong = await Assert.ThrowsAsync<ContentFormatException>(() => ImportAsync(_to, flipped));

        Assert.Matches("[0-9]", cut.Message);
        Assert.Matches("[0-9]", wrong.Message);
        Assert.Null(await _to.StatAsync(root, Token));
    }

    [Fact]
    public async Task A_root_that_is_not_here_is_refused_before_anything_is_written()
    {
        var absent = Cid.ForRaw(new byte[32]);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => ExportAsync(_from, [absent], false));

        Assert.Equal("content-not-found", refused.Refusal.Code);
    }

    /// <summary>@ipld/car as it comes, without any option, and the UnixFS exporter of IPFS on top of it.</summary>
    [Fact]
    [Trait("row", "H4")]
    public async Task Others_read_large_content_from_an_export()
    {
        var content = Bytes(9_000_001);
        var small = await StoreAsync([1, 2, 3], Codecs.Raw);
        var large = await StoreAsync(content, Codecs.Raw);
        using var archive = await FileOf(await ExportAsync(_from, [large, small], whole: false));

        var listed = Assert.Single(await NodeOracle.RunAsync("car-read.mjs", archive.Path, null));
        var file = Assert.Single(await NodeOracle.RunAsync("unixfs-read.mjs", archive.Path, null));

        var blocks = listed.GetProperty("blocks").EnumerateArray().ToArray();
        Assert.All(blocks, block => Assert.True(block.GetProperty("verified").GetBoolean()));
        Assert.All(blocks, block => Assert.InRange(block.GetProperty("size").GetInt64(), 0, 1 << 20));
        var names = blocks.Select(block => block.GetProperty("cid").GetString()).ToHashSet();
        var roots = listed.GetProperty("roots").EnumerateArray().Select(root => root.GetString()!).ToArray();
        Assert.Equal(3, roots.Length);
        Assert.Equal(small.ToString(), roots[1]);
        Assert.All(roots, root => Assert.Contains(root, names));
        Assert.Equal(content.Length, file.GetProperty("size").GetInt64());
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(content)), file.GetProperty("sha256").GetString());
    }

    [Fact]
    [Trait("row", "H4")]
    public async Task Others_read_large_content_kept_whole()
    {
        var large = await StoreAsync(Bytes(9_000_001), Codecs.Raw);
        using var archive = await FileOf(await ExportAsync(_from, [large], whole: true));

        var listed = Assert.Single(await NodeOracle.RunAsync("car-read.mjs", archive.Path, null));

        var block = Assert.Single(listed.GetProperty("blocks").EnumerateArray());
        Assert.Equal(large.ToString(), block.GetProperty("cid").GetString());
        Assert.Equal(9_000_001, block.GetProperty("size").GetInt64());
        Assert.True(block.GetProperty("verified").GetBoolean());
        Assert.Equal(large.ToString(), Assert.Single(listed.GetProperty("roots").EnumerateArray()).GetString());
    }

    private static async Task<TempFile> FileOf(byte[] bytes)
    {
        var file = new TempFile();
        await File.WriteAllBytesAsync(file.Path, bytes, Token);
        return file;
    }

    private static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    private static async Task<byte[]> ExportAsync(StorageNode client, Cid[] roots, bool whole)
    {
        var output = new MemoryStream();
        var writer = PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true));
        var exported = await new CarExport(client).ExportAsync(roots, writer, whole, Token);
        await writer.CompleteAsync();
        var archive = output.ToArray();
        exported.Head.CopyTo(archive);
        Assert.Equal(exported.SizeBytes, archive.Length);
        return archive;
    }

    private static async Task<CarImported> ImportAsync(StorageNode client, byte[] archive) =>
        await new CarImport(client, StoreRequest.Default).ImportAsync(
            PipeReader.Create(new MemoryStream(archive)), Token);

    private static async Task<byte[]> ReadAsync(StorageNode client, Cid cid)
    {
        await using var content = await client.OpenAsync(cid, RetrieveRequest.Default, Token);
        var output = new MemoryStream();
        var writer = PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true));
        await content!.CopyToAsync(writer, 0, long.MaxValue, Token);
        await writer.CompleteAsync();
        return output.ToArray();
    }

    private static async Task<StorageNode> OpenAsync() =>
        (await MemoryNode.OpenAsync(TimeProvider.System, new StorageNodeOptions(), Token)).Node;

    private async Task<Cid> StoreAsync(byte[] content, ulong codec)
    {
        var request = StoreRequest.Default with { Codec = codec };
        return (await _from.StoreAsync(PipeReader.Create(new MemoryStream(content)), request, Token)).Cid;
    }

    private sealed class TempFile : IDisposable
    {
        public string Path { get; } = System.IO.Path.Combine(
            System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());

        public void Dispose() => File.Delete(Path);
    }
}

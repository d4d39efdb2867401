using System.Text.Json;
using CimStore.Content;
using CimStore.Testing;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>The archives of ipld/ipld, go-car and the gateway conformance suite.</summary>
public sealed class CarKitTests
{
    [Theory]
    [InlineData("car/carv1-basic")]
    [InlineData("car/carv2-basic")]
    public async Task Described_archives_are_read_as_described(string name)
    {
        using var expected = JsonDocument.Parse(await File.ReadAllBytesAsync(Kits.Require(name + ".json"), Token));
        var header = expected.RootElement.GetProperty("header");
        var car = await ReadAsync(name + ".car");

        Assert.Equal(
            header.GetProperty("roots").EnumerateArray().Select(root => root.GetProperty("/").GetString()),
            car.Roots.Select(root => root.ToString()));
        var blocks = expected.RootElement.GetProperty("blocks").EnumerateArray().ToArray();
        Assert.Equal(blocks.Length, car.Blocks.Count);
        foreach (var (block, (section, bytes)) in blocks.Zip(car.Blocks))
        {
            Assert.Equal(block.GetProperty("cid").GetProperty("/").GetString(), section.Cid.ToString());
            Assert.Equal(block.GetProperty("offset").GetInt64(), section.Offset);
            Assert.Equal(block.GetProperty("blockOffset").GetInt64(), section.BlockOffset);
            Assert.Equal(block.GetProperty("blockLength").GetInt64(), section.BlockSizeBytes);
            AssertContent(block, section.Cid, bytes);
        }
    }

    /// <summary>The numbers of roots and sections are those that @ipld/car counts.</summary>
    [Theory]
    [InlineData("car/sample-v1.car", 1, 1, 1049)]
    [InlineData("car/sample-v2-indexless.car", 2, 1, 1049)]
    [InlineData("car/sample-wrapped-v2.car", 2, 1, 1049)]
    [InlineData("car/sample-unixfs-v2.car", 2, 1, 3)]
    [InlineData("car/sample-rw-bs-v2.car", 2, 3, 3)]
    [InlineData("ipld-codec-fixtures/fixtures.car", 1, 0, 273)]
    [InlineData("gateway-cars/gateway-raw-block.car", 1, 1, 3)]
    [InlineData("gateway-cars/path_gateway_dag/dag-cbor-traversal.car", 1, 1, 3)]
    [InlineData("gateway-cars/path_gateway_dag/dag-json-traversal.car", 1, 1, 3)]
    [InlineData("gateway-cars/path_gateway_dag/dag-pb.car", 1, 1, 4)]
    [InlineData("gateway-cars/path_gateway_dag/gateway-json-cbor.car", 1, 1, 11)]
    [InlineData("gateway-cars/path_gateway_dag/plain-cbor-that-can-be-dag-cbor.car", 1, 1, 1)]
    [InlineData("gateway-cars/path_gateway_dag/plain-cbor-that-can-be-dag-json.car", 1, 1, 1)]
    [InlineData("gateway-cars/path_gateway_dag/plain-cbor.car", 1, 1, 1)]
    [InlineData("gateway-cars/path_gateway_dag/plain-json.car", 1, 1, 1)]
    [InlineData("gateway-cars/path_gateway_unixfs/dir-with-files.car", 1, 1, 9)]
    [InlineData("gateway-cars/path_gateway_unixfs/dir-with-percent-encoded-filename.car", 1, 1, 2)]
    [InlineData("gateway-cars/path_gateway_unixfs/symlink.car", 1, 1, 3)]
    [InlineData("gateway-cars/trustless_gateway_car/dir-with-dag-cbor-with-links.car", 1, 1, 9)]
    [InlineData("gateway-cars/trustless_gateway_car/subdir-with-mixed-block-files.car", 1, 1, 10)]
    [InlineData("gateway-cars/trustless_gateway_car/subdir-with-two-single-block-files.car", 1, 1, 4)]
    public async Task Foreign_archives_are_read_and_every_block_verified(string name, int version, int roots, int count)
    {
        var car = await ReadAsync(name);

        Assert.Equal(version, (int)car.Version);
        Assert.Equal(roots, car.Roots.Count);
        Assert.Equal(count, car.Blocks.Count);
        Assert.All(car.Blocks, block => Assert.Equal(CidVerdict.Match, block.Section.Cid.Verify(block.Bytes)));
    }

    [Theory]
    [InlineData("car/sample-corrupt-pragma.car", "the file ends inside the header")]
    [InlineData("car/sample-rootless-v42.car", "version 42 is not known")]
    public async Task Broken_archives_are_refused(string name, string problem)
    {
        var refusal = await Assert.ThrowsAsync<ContentFormatException>(() => ReadAsync(name));

        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("car/sample-index.carindex", CarIndex.IndexSorted, 1049)]
    [InlineData("car/sample-multihash-index-sorted.carindex", CarIndex.MultihashIndexSorted, 1043)]
    public async Task Index_files_know_where_the_blocks_of_the_sample_lie(string name, ulong codec, int count)
    {
        var index = CarIndex.Decode(await File.ReadAllBytesAsync(Kits.Require(name), Token));
        var car = await ReadAsync("car/sample-v1.car");

        Assert.Equal(codec, index.Codec);
        Assert.Equal(count, index.Count);
        Assert.Equal(count, index.Entries.Count());
        Assert.Equal(count, car.Blocks.Count(block => index.Find(block.Section.Cid) == block.Section.Offset));
    }

    [Fact]
    public async Task An_index_inside_an_archive_knows_it()
    {
        var bytes = await File.ReadAllBytesAsync(Kits.Require("car/sample-wrapped-v2.car"), Token);
        var car = await CarTesting.ReadAsync(bytes);

        var index = CarIndex.Decode(bytes.AsMemory((int)car.Header!.Value.IndexOffset));

        Assert.Equal(
            index.Count,
            car.Blocks.Count(b => index.Find(b.Section.Cid) == b.Section.Offset - car.Header.Value.DataOffset));
    }

    private static CancellationToken Token => CarTesting.Token;

    private static async Task<CarTesting.Car> ReadAsync(string name) =>
        await CarTesting.ReadAsync(await File.ReadAllBytesAsync(Kits.Require(name), CarTesting.Token));

    private static void AssertContent(JsonElement block, Cid cid, byte[] bytes)
    {
        if (!block.TryGetProperty("content", out var content))
        {
            return;
        }

        var json = System.Text.Encoding.UTF8.GetBytes(content.GetRawText());
        Assert.Equal(DagJson.DecodeLoose(json), IpldCodec.Decode(cid.Codec, bytes));
    }
}

using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text.Json;
using CimStore.Content;
using CsCheck;
using CimStore.Testing;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>
/// What the JavaScript implementations (multiformats, @ipld/*, @noble/hashes, ipfs-unixfs-exporter) make of our bytes,
/// and what we make of theirs.
/// </summary>
public sealed class InteropTests
{
    private const int ValueCount = 400;

    private static CancellationToken Token => CarTesting.Token;

    [Theory]
    [InlineData(CarFormat.V1)]
    [InlineData(CarFormat.V2)]
    public async Task Others_read_and_verify_our_archives(CarFormat format)
    {
        var blocks = CarTests.SomeBlocks()
            .Append((Cid.Of(Codecs.Raw, new byte[700_000]), new byte[700_000])).ToArray();
        var bytes = await CarTesting.WriteAsync([blocks[0].Item1, blocks[1].Item1], blocks, format);

        var read = Assert.Single(await RunOnFileAsync("car-read.mjs", bytes));

        Assert.Equal((int)format, read.GetProperty("version").GetInt32());
        AssertListed(read, [blocks[0].Item1, blocks[1].Item1], blocks);
    }

    [Fact]
    public async Task We_read_and_verify_the_archives_of_others()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var written = Assert.Single(await NodeOracle.RunAsync("car-write.mjs", path, null));
            var car = await CarTesting.ReadAsync(await File.ReadAllBytesAsync(path, Token));

            AssertListed(written, car.Roots, [.. car.Blocks.Select(block => (block.Section.Cid, block.Bytes))]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>
    /// Left out is what JavaScript does not tell apart (1.0 and 1, 0.0 and -0.0), and keys above U+E000, which
    /// @ipld/dag-json puts after surrogates; the specification orders them by their UTF-8 bytes.
    /// </summary>
    [Theory]
    [InlineData(Codecs.DagCbor)]
    [InlineData(Codecs.DagJson)]
    [InlineData(Codecs.DagPb)]
    public async Task Values_come_back_with_the_same_bytes_and_names(ulong codec)
    {
        var values = IpldGen.Node.Where(IsCommonGround)
            .Select(node => Encode(codec, node)).Where(bytes => bytes is not null).Array[ValueCount].Single()!;

        var answers = await NodeOracle.RunAsync("codec.mjs", null, string.Concat(values.Select(bytes =>
            $"{{\"codec\":{codec},\"hex\":\"{Convert.ToHexStringLower(bytes!)}\"}}\n")));

        Assert.Equal(ValueCount, answers.Count);
        foreach (var (bytes, answer) in values.Zip(answers))
        {
            var hex = Convert.ToHexStringLower(bytes!);
            Assert.False(answer.TryGetProperty("problem", out var problem), $"{hex}: {problem}");
            Assert.Equal(hex, answer.GetProperty("hex").GetString());
            Assert.Equal(
                [Cid.Of(codec, bytes, HashFunctions.Sha256).ToString(), Cid.Of(codec, bytes).ToString()],
                answer.GetProperty("names").EnumerateArray().Select(name => name.GetString()!));
        }
    }

    [Fact]
    public async Task Names_are_the_same_in_every_base()
    {
        var cids = IpldGen.AnyCid.Select(cid => cid.ToV1()).Array[200].Single();

        var answers = await NodeOracle.RunAsync("cid.mjs", null, string.Concat(cids.Select(cid => $"{cid}\n")));

        Assert.Equal(cids.Length, answers.Count);
        foreach (var (cid, answer) in cids.Zip(answers))
        {
            var bytes = new byte[cid.ByteLength];
            cid.WriteBytes(bytes);
            Assert.Equal(cid.Codec, answer.GetProperty("codec").GetUInt64());
            Assert.Equal(cid.HashFunction, answer.GetProperty("hashFunction").GetUInt64());
            Assert.Equal(Convert.ToHexStringLower(cid.Digest), answer.GetProperty("digest").GetString());
            Assert.Equal(Convert.ToHexStringLower(bytes), answer.GetProperty("bytes").GetString());
            Assert.Equal(
                "fkzmu".Select(prefix => cid.ToString($"{prefix}", null)),
                answer.GetProperty("texts").EnumerateArray().Select(text => text.GetString()));
            var old = answer.GetProperty("v0").GetString();
            Assert.True(old is null || (Cid.Parse(old).ToV1() == cid && Cid.Parse(old).ToString() == old));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1 << 20)]
    [InlineData((3 << 20) + 5)]
    public async Task Others_read_our_files(int size)
    {
        var content = new byte[size];
        for (var index = 0; index < size; index++)
        {
            content[index] = (byte)((index * 7) + (index >> 8));
        }

        var car = await ExportAsync(content);
        var read = Assert.Single(await RunOnFileAsync("unixfs-read.mjs", car));

        Assert.Equal(size, read.GetProperty("size").GetInt64());
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(content)), read.GetProperty("sha256").GetString());
    }

    /// <summary>As an export does: room for the root, blocks while the content flows, manifest, the root.</summary>
    private static async Task<byte[]> ExportAsync(byte[] content)
    {
        var file = new MemoryStream();
        var pipe = PipeWriter.Create(file, new StreamPipeWriterOptions(leaveOpen: true));
        var writer = await CarWriter.CreateAsync(pipe, [Cid.ForRaw(new byte[32])], CarFormat.V1, Token);
        var written = await UnixFsWriter.WriteAsync(
            CarTesting.PipeOf(content), writer.WriteBlockAsync, new UnixFsWriterOptions(), Token);
        var manifest = new ArrayBufferWriter<byte>();
        var name = ExportManifest.Encode(
            [new(Cid.Of(Codecs.Raw, content), written.Root, content.Length)], manifest, HashFunctions.Blake3);
        await writer.WriteBlockAsync(name, new ReadOnlySequence<byte>(manifest.WrittenMemory), Token);
        var head = await writer.FinishAsync([written.Root], Token);
        await pipe.CompleteAsync();
        var car = file.ToArray();
        head.CopyTo(car);
        return car;
    }

    private static async Task<IReadOnlyList<JsonElement>> RunOnFileAsync(string script, byte[] bytes)
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            await File.WriteAllBytesAsync(path, bytes, Token);
            return await NodeOracle.RunAsync(script, path, null);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void AssertListed(
        JsonElement listed, IEnumerable<Cid> roots, IReadOnlyList<(Cid Cid, byte[] Bytes)> blocks)
    {
        var lines = listed.GetProperty("blocks").EnumerateArray().ToArray();
        Assert.Equal(
            roots.Select(root => root.ToString()),
            listed.GetProperty("roots").EnumerateArray().Select(root => root.GetString()!));
        Assert.Equal(
            blocks.Select(block => (block.Cid.ToString(), block.Bytes.Length)),
            lines.Select(line => (line.GetProperty("cid").GetString()!, line.GetProperty("size").GetInt32())));
        Assert.All(lines, line => Assert.True(line.GetProperty("verified").GetBoolean()));
    }

    private static bool IsCommonGround(IpldNode node) => node switch
    {
        IpldNode.Float number => Math.Truncate(number.Value) != number.Value,
        IpldNode.List list => list.Items.All(IsCommonGround),
        IpldNode.Map map => map.Entries.All(entry => !entry.Key.Contains('\uffee') && IsCommonGround(entry.Value)),
        _ => true,
    };

    private static byte[]? Encode(ulong codec, IpldNode node)
    {
        var output = new ArrayBufferWriter<byte>();
        try
        {
            IpldCodec.Encode(codec, codec == Codecs.DagPb ? PbOf(node) : node, output);
            return output.WrittenSpan.ToArray();
        }
        catch (ArgumentException)
        {
            // A map that dag-json cannot say.
            return null;
        }
    }

    private static IpldNode PbOf(IpldNode node) => DagPb.ToIpld(new DagPbNode(
        [.. node.Links().Select((cid, index) => new DagPbLink(cid, $"{index:d4}", (ulong)index))],
        DagCborTests.Encode(node)));
}

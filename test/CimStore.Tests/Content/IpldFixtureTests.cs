using System.Buffers;
using System.Text.Json;
using CimStore.Content;
using CimStore.Testing;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>github.com/ipld/codec-fixtures: one value in two or three codecs, each file named by its CID.</summary>
public sealed class IpldFixtureTests
{
    [Fact]
    public void Every_fixture_becomes_every_sibling_byte_by_byte()
    {
        var folders = Directory.GetDirectories(Kits.Require("ipld-codec-fixtures/fixtures"));
        var conversions = 0;

        foreach (var folder in folders)
        {
            var files = Directory.GetFiles(folder);
            foreach (var source in files)
            {
                var node = IpldCodec.Decode(CodecOf(source), File.ReadAllBytes(source));
                conversions += files.Count(target => AssertBecomes(node, target));
            }
        }

        Assert.Equal(128, folders.Length);
        Assert.Equal(597, conversions);
    }

    [Fact]
    public void Every_negative_fixture_is_refused_on_decode()
    {
        var root = Kits.Require("ipld-codec-fixtures/negative-fixtures");
        var refused = 0;
        foreach (var codec in new[] { "dag-cbor", "dag-json", "dag-pb" })
        {
            foreach (var file in Directory.GetFiles(Path.Combine(root, codec, "decode")))
            {
                using var cases = JsonDocument.Parse(File.ReadAllBytes(file));
                foreach (var entry in cases.RootElement.EnumerateArray())
                {
                    var bytes = Convert.FromHexString(entry.GetProperty("hex").GetString()!);
                    Assert.True(Codecs.TryParse(codec, out var code));
                    Assert.Throws<ContentFormatException>(() => IpldCodec.Decode(code, bytes));
                    refused++;
                }
            }
        }

        Assert.Equal(11, refused);
    }

    [Fact]
    public void Every_negative_fixture_is_refused_on_encode()
    {
        var root = Kits.Require("ipld-codec-fixtures/negative-fixtures/dag-pb/encode");
        var refused = 0;
        foreach (var file in Directory.GetFiles(root))
        {
            using var cases = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var entry in cases.RootElement.EnumerateArray())
            {
                var json = System.Text.Encoding.UTF8.GetBytes(entry.GetProperty("dag-json").GetRawText());
                var node = DagJson.DecodeLoose(json);
                Assert.Throws<ArgumentException>(
                    () => IpldCodec.Encode(Codecs.DagPb, node, new ArrayBufferWriter<byte>()));
                refused++;
            }
        }

        Assert.Equal(78, refused);
    }

    private static bool AssertBecomes(IpldNode node, string target)
    {
        var output = new ArrayBufferWriter<byte>();
        IpldCodec.Encode(CodecOf(target), node, output);

        Assert.Equal(Convert.ToHexString(File.ReadAllBytes(target)), Convert.ToHexString(output.WrittenSpan));
        Assert.Equal(
            Path.GetFileNameWithoutExtension(target),
            Cid.Of(CodecOf(target), output.WrittenSpan, HashFunctions.Sha256).ToString());
        return true;
    }

    private static ulong CodecOf(string path) =>
        Codecs.TryParse(Path.GetExtension(path)[1..], out var codec) ? codec : throw new FormatException(path);
}

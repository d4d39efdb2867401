using System.Buffers;
using System.Text;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

public sealed class ExportManifestTests
{
    private static readonly Gen<ExportManifestEntry[]> Entries =
        (from content in IpldGen.AnyCid
         from root in IpldGen.AnyCid
         from size in Gen.Long[0, long.MaxValue]
         select new ExportManifestEntry(content, root, size)).Array[0, 5];

    [Fact]
    public void Reading_undoes_writing_as_block_and_as_lines() =>
        Entries.Sample(entries =>
        {
            var block = new ArrayBufferWriter<byte>();
            var cid = ExportManifest.Encode(entries, block, HashFunctions.Blake3);
            DagCbor.Validate(block.WrittenSpan);
            var read = ExportManifest.Decode(cid, block.WrittenSpan);
            Assert.Equal(CidVerdict.Match, cid.Verify(block.WrittenSpan));
            Assert.Equal(entries, read!.Value);

            var lines = new ArrayBufferWriter<byte>();
            foreach (var entry in entries)
            {
                ExportManifest.WriteJsonLine(entry, lines);
            }

            Assert.Equal(entries, Encoding.UTF8.GetString(lines.WrittenSpan)
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => ExportManifest.ReadJsonLine(Encoding.UTF8.GetBytes(line))));
        });

    [Fact]
    public void The_longest_manifest_fits_a_block()
    {
        var name = Cid.FromDigest(Codecs.CimLast, HashFunctions.Sha512, new byte[64]);
        var entries = new ExportManifestEntry[ExportManifest.EntriesMax];
        Array.Fill(entries, new ExportManifestEntry(name, name, long.MaxValue));
        var block = new ArrayBufferWriter<byte>();

        ExportManifest.Encode(entries, block, HashFunctions.Blake3);

        Assert.InRange(block.WrittenCount, 0, 1 << 20);
    }

    [Fact]
    public void Other_blocks_are_not_manifests()
    {
        var map = DagCborTests.Encode(new IpldNode.Map([new("type", new IpldNode.String("other"))]));

        Assert.Null(ExportManifest.Decode(Cid.Of(Codecs.DagCbor, map), map));
        Assert.Null(ExportManifest.Decode(Cid.Of(Codecs.Raw, map), map));
        Assert.Null(ExportManifest.Decode(Cid.Of(Codecs.DagCbor, []), []));
    }

    [Fact]
    public void A_manifest_of_another_version_is_refused()
    {
        var map = DagCborTests.Encode(new IpldNode.Map(
        [
            new("type", new IpldNode.String("cimstore/export-manifest")),
            new("version", new IpldNode.Integer(2)),
        ]));

        Assert.Throws<ContentFormatException>(() => ExportManifest.Decode(Cid.Of(Codecs.DagCbor, map), map));
    }
}

using System.Buffers;
using CimStore.Content;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>
/// Formats that are kept for ever. The files were made with multiformats, @ipld/dag-cbor and @noble/hashes from the
/// descriptions in docs/formats, not with our code.
/// </summary>
public sealed class GoldenContentTests
{
    [Fact]
    public void Ordered_keys_are_those_of_version_1()
    {
        var lines = ReadLines("cid/v1/ordered-keys.txt");
        byte[] previous = [];
        foreach (var (text, key) in lines)
        {
            var cid = Cid.Parse(text);
            var written = new byte[cid.OrderedKeyLength];
            cid.WriteOrderedKey(written);

            Assert.Equal(Convert.ToHexStringLower(key), Convert.ToHexStringLower(written));
            Assert.True(Cid.TryReadOrderedKey(key, out var read, out _));
            Assert.Equal(cid.ToV1(), read);
            Assert.True(previous.AsSpan().SequenceCompareTo(key) <= 0);
            previous = key;
        }

        Assert.Equal(141, lines.Length);
    }

    [Fact]
    public void Chain_entries_are_those_of_version_1()
    {
        Cid? head = null;
        foreach (var (text, block) in ReadLines("chain/v1/entries.txt"))
        {
            var entry = ChainEntry.Decode(block);
            var output = new ArrayBufferWriter<byte>();

            Assert.Equal(head, entry.Previous);
            head = entry.Encode(output);
            Assert.Equal(text, head.ToString());
            Assert.Equal(block, output.WrittenSpan.ToArray());
        }

        Assert.NotNull(head);
    }

    [Fact]
    public void Export_manifests_are_those_of_version_1()
    {
        var (text, block) = Assert.Single(ReadLines("export-manifest/v1/manifest.txt"));
        var entries = ExportManifest.Decode(Cid.Parse(text), block)!.Value;
        var output = new ArrayBufferWriter<byte>();

        Assert.Equal([5_000_000L, 1L], entries.Select(entry => entry.SizeBytes));
        Assert.Equal(text, ExportManifest.Encode(entries.AsSpan(), output, HashFunctions.Blake3).ToString());
        Assert.Equal(block, output.WrittenSpan.ToArray());
    }

    /// <summary>Made from docs/formats/blake3-outboard.md by another program; b3sum agreed on the roots.</summary>
    [Fact]
    public void Trees_beside_content_are_those_of_version_1()
    {
        var lines = ReadLines("blake3-outboard/v1/trees.txt");
        foreach (var (name, nodes) in lines)
        {
            var (cid, length) = (Cid.Parse(name.Split('/')[0]), int.Parse(name.Split('/')[1], null));
            var content = Enumerable.Range(0, length).Select(index => (byte)((index * 7) + (index >> 8))).ToArray();
            var output = new ArrayBufferWriter<byte>();
            var root = new byte[Blake3.HashSizeBytes];

            Blake3Outboard.Build(content, root, output);

            Assert.Equal(cid, Cid.ForRaw(root));
            Assert.Equal(nodes, output.WrittenSpan.ToArray());
        }

        Assert.Equal(6, lines.Length);
    }

    /// <summary>Each line is a name and bytes in hexadecimal.</summary>
    private static (string Name, byte[] Bytes)[] ReadLines(string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CimStore.slnx")))
        {
            folder = folder.Parent;
        }

        return [.. File.ReadLines(Path.Combine(folder!.FullName, "test", "CimStore.Tests", "Golden", file))
            .Select(line => line.Split(' ')).Select(parts => (parts[0], Convert.FromHexString(parts[1])))];
    }
}

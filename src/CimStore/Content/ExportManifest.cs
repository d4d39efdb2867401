using System.Buffers;
using System.Collections.Immutable;

namespace CimStore.Content;

/// <summary>
/// Says which UnixFS roots in an archive are which contents. It is a dag-cbor block like any other, so that it travels
/// in the archive; a long one comes in parts, each complete in itself.
/// </summary>
public static class ExportManifest
{
    /// <summary>4096 entries of at most 120 bytes stay under 512 KiB, well below the 1 MiB of a block.</summary>
    public const int EntriesMax = 4096;

    private const string Type = "cimstore/export-manifest";

    private const ulong Version = 1;
    private const string Format = "export manifest";

    /// <summary>A key of 4 bytes, and a text of 24.</summary>
    private static ReadOnlySpan<byte> FirstEntry => "\u0064type\u0078\u0018cimstore/export-manifest"u8;

    /// <summary>Writes the block and names it.</summary>
    public static Cid Encode(
        ReadOnlySpan<ExportManifestEntry> entries, ArrayBufferWriter<byte> output, ulong hashFunction)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries.Length, EntriesMax);

        var writer = new DagCborWriter(output);
        writer.WriteMapStart(3);
        writer.WriteString("type"u8);
        writer.WriteString(Type);
        writer.WriteString("entries"u8);
        writer.WriteListStart(entries.Length);
        foreach (ref readonly var entry in entries)
        {
            writer.WriteMapStart(3);
            writer.WriteString("root"u8);
            writer.WriteLink(entry.Root);
            writer.WriteString("size"u8);
            writer.WriteInt(entry.SizeBytes);
            writer.WriteString("content"u8);
            writer.WriteLink(entry.Content);
        }

        writer.WriteString("version"u8);
        writer.WriteUInt(Version);
        return Cid.Of(Codecs.DagCbor, output.WrittenSpan, hashFunction);
    }

    /// <returns>The entries, or null when the block is something else.</returns>
    /// <exception cref="ContentFormatException">The block is a manifest, and not one we can read.</exception>
    public static ImmutableArray<ExportManifestEntry>? Decode(in Cid cid, ReadOnlySpan<byte> block)
    {
        if (cid.Codec != Codecs.DagCbor || !IsManifest(block))
        {
            return null;
        }

        var map = (IpldNode.Map)DagCbor.Decode(block);
        if (map["version"] is not IpldNode.Integer { Value: var version } || version != (Int128)Version)
        {
            throw new ContentFormatException(Format, 0, $"version {map["version"]} is not known");
        }

        return map["entries"] is IpldNode.List list
            ? [.. list.Items.Select(ReadEntry)]
            : throw new ContentFormatException(Format, 0, "the entries are missing");
    }

    /// <summary>One line of the manifest as text: dag-json and a line feed.</summary>
    public static void WriteJsonLine(in ExportManifestEntry entry, IBufferWriter<byte> output)
    {
        DagJson.Encode(
            new IpldNode.Map(
            [
                new("content", new IpldNode.Link(entry.Content)),
                new("root", new IpldNode.Link(entry.Root)),
                new("size", new IpldNode.Integer(entry.SizeBytes)),
            ]),
            output);
        output.Write("\n"u8);
    }

    /// <exception cref="ContentFormatException">The line is not an entry.</exception>
    public static ExportManifestEntry ReadJsonLine(ReadOnlySpan<byte> line) => ReadEntry(DagJson.DecodeLoose(line));

    /// <summary>
    /// Looks at the first key only: "type" is the shortest and comes first, and an import asks this of every block.
    /// </summary>
    private static bool IsManifest(ReadOnlySpan<byte> block) =>
        !block.IsEmpty && block[0] >> 5 == 5 && block[1..].StartsWith(FirstEntry);

    /// <summary>Other keys are left to later versions.</summary>
    private static ExportManifestEntry ReadEntry(IpldNode node) =>
        node is IpldNode.Map map
        && map["content"] is IpldNode.Link content
        && map["root"] is IpldNode.Link root
        && map["size"] is IpldNode.Integer { Value: var size } && size >= 0 && size <= long.MaxValue
            ? new ExportManifestEntry(content.Cid, root.Cid, (long)size)
            : throw new ContentFormatException(Format, 0, "an entry has content, root and size");
}

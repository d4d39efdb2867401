using System.Buffers;
using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>
/// The DAG-CBOR form of a directory (docs/formats/directory.md): entries sorted by name, or, for a large directory,
/// shards that are nodes themselves. Reading is strict: a name that could lead elsewhere, a wrong order or an unknown
/// key is refused.
/// </summary>
public static class DirectoryNode
{
    /// <summary>More entries, or shards, than this are split. 1024 of the longest names stay below 1 MiB.</summary>
    public const int EntriesMax = 1024;

    public const int NameSizeMaxBytes = 255;
    public const int TargetSizeMaxBytes = 4095;

    private const int ModeMax = 0xFFF;
    private const long Version = 1;

    /// <summary>Whether the bytes can be a name in a directory, and in no other place.</summary>
    public static bool IsName(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= NameSizeMaxBytes && !name.ContainsAny((byte)0, (byte)'/')
        && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8);

    /// <summary>Encodes a whole directory; its nodes in the order in which they may be stored, the root last.</summary>
    /// <param name="entries">Sorted by name, no name twice.</param>
    public static IReadOnlyList<(Cid Cid, byte[] Bytes)> Encode(IReadOnlyList<DirectoryEntry> entries)
    {
        var nodes = new List<(Cid Cid, byte[] Bytes)>();
        if (entries.Count <= EntriesMax)
        {
            nodes.Add(Leaf(entries, 0, entries.Count));
            return nodes;
        }

        var level = new List<(ReadOnlyMemory<byte> First, Cid Cid)>();
        for (var first = 0; first < entries.Count; first += EntriesMax)
        {
            nodes.Add(Leaf(entries, first, Math.Min(EntriesMax, entries.Count - first)));
            level.Add((entries[first].Name, nodes[^1].Cid));
        }

        do
        {
            var above = new List<(ReadOnlyMemory<byte> First, Cid Cid)>();
            for (var first = 0; first < level.Count; first += EntriesMax)
            {
                nodes.Add(Shards(level, first, Math.Min(EntriesMax, level.Count - first)));
                above.Add((level[first].First, nodes[^1].Cid));
            }

            level = above;
        }
        while (level.Count > 1);

        return nodes;
    }

    /// <returns>The entries, or the shards to read instead.</returns>
    /// <exception cref="IntegrityException">Not a directory node of this version.</exception>
    public static (ImmutableArray<DirectoryEntry> Entries, ImmutableArray<Cid> Shards) Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new DagCborReader(bytes);
            var map = reader.ReadMapStart();
            Expect(ref reader, ref map, "v"u8);
            var version = reader.ReadInt64();
            if (version != Version)
            {
                throw new IntegrityException($"A directory node of version {version}; this program reads {Version}.");
            }

            reader.ReadKey(ref map, out var kind);
            if (kind.SequenceEqual("shards"u8))
            {
                var shards = ReadShards(ref reader);
                return (End(ref reader, ref map, ImmutableArray<DirectoryEntry>.Empty), shards);
            }

            if (!kind.SequenceEqual("entries"u8))
            {
                throw new IntegrityException("A directory node has neither entries nor shards.");
            }

            return (End(ref reader, ref map, ReadEntries(ref reader)), []);
        }
        catch (ContentFormatException fault)
        {
            throw new IntegrityException($"Not a directory node: {fault.Message}", fault);
        }
    }

    private static (Cid Cid, byte[] Bytes) Leaf(IReadOnlyList<DirectoryEntry> entries, int first, int count)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new DagCborWriter(output);
        writer.WriteMapStart(2);
        writer.WriteString("v"u8);
        writer.WriteInt(Version);
        writer.WriteString("entries"u8);
        writer.WriteListStart(count);
        for (var index = first; index < first + count; index++)
        {
            Write(writer, entries[index]);
        }

        return Named(output);
    }

    private static (Cid Cid, byte[] Bytes) Shards(
        List<(ReadOnlyMemory<byte> First, Cid Cid)> shards, int first, int count)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new DagCborWriter(output);
        writer.WriteMapStart(2);
        writer.WriteString("v"u8);
        writer.WriteInt(Version);
        writer.WriteString("shards"u8);
        writer.WriteListStart(count);
        for (var index = first; index < first + count; index++)
        {
            writer.WriteListStart(2);
            writer.WriteBytes(shards[index].First.Span);
            writer.WriteLink(shards[index].Cid);
        }

        return Named(output);
    }

    private static (Cid Cid, byte[] Bytes) Named(ArrayBufferWriter<byte> output)
    {
        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(output.WrittenSpan, digest);
        return (Cid.FromDigest(Codecs.DagCbor, HashFunctions.Blake3, digest), output.WrittenSpan.ToArray());
    }

    // Keys by length, then bytes: cid, kind, mode, name, size, mtime, target.
    private static void Write(DagCborWriter writer, DirectoryEntry entry)
    {
        writer.WriteMapStart(entry.Kind == DirectoryEntryKind.File ? 6 : 5);
        if (entry.Cid is { } cid)
        {
            writer.WriteString("cid"u8);
            writer.WriteLink(cid);
        }

        writer.WriteString("kind"u8);
        writer.WriteString(entry.Kind switch
        {
            DirectoryEntryKind.File => "file"u8,
            DirectoryEntryKind.Directory => "dir"u8,
            _ => "link"u8,
        });
        writer.WriteString("mode"u8);
        writer.WriteInt(entry.Mode);
        writer.WriteString("name"u8);
        writer.WriteBytes(entry.Name.Span);
        if (entry.Kind == DirectoryEntryKind.File)
        {
            writer.WriteString("size"u8);
            writer.WriteInt(entry.SizeBytes);
        }

        writer.WriteString("mtime"u8);
        writer.WriteInt(entry.ModifiedNanoseconds);
        if (entry.Kind == DirectoryEntryKind.Link)
        {
            writer.WriteString("target"u8);
            writer.WriteBytes(entry.Target.Span);
        }
    }

    private static ImmutableArray<DirectoryEntry> ReadEntries(ref DagCborReader reader)
    {
        var entries = ImmutableArray.CreateBuilder<DirectoryEntry>();
        for (var count = reader.ReadListStart(); count > 0; count--)
        {
            var entry = ReadEntry(ref reader);
            if (entries.Count > 0 && entries[^1].Name.Span.SequenceCompareTo(entry.Name.Span) >= 0)
            {
                throw new IntegrityException("The names of a directory node are not in order.");
            }

            entries.Add(entry);
        }

        return entries.Count <= EntriesMax
            ? entries.ToImmutable()
            : throw new IntegrityException($"A directory node has more than {EntriesMax} entries.");
    }

    private static DirectoryEntry ReadEntry(ref DagCborReader reader)
    {
        var map = reader.ReadMapStart();
        var count = map.Remaining;
        var isLinked = reader.ReadKey(ref map, out var key) && key.SequenceEqual("cid"u8);
        Cid? cid = isLinked ? reader.ReadLink() : null;
        if (isLinked)
        {
            reader.ReadKey(ref map, out key);
        }

        Require(key, "kind"u8);
        var kind = reader.ReadString() switch
        {
            "file" when isLinked && count == 6 => DirectoryEntryKind.File,
            "dir" when isLinked && count == 5 => DirectoryEntryKind.Directory,
            "link" when !isLinked && count == 5 => DirectoryEntryKind.Link,
            _ => throw new IntegrityException("An entry of a directory node is of no known kind, or lacks something."),
        };
        Expect(ref reader, ref map, "mode"u8);
        var mode = reader.ReadInt64();
        Expect(ref reader, ref map, "name"u8);
        var name = reader.ReadBytes().ToArray();
        var size = 0L;
        if (kind == DirectoryEntryKind.File)
        {
            Expect(ref reader, ref map, "size"u8);
            size = reader.ReadInt64();
        }

        Expect(ref reader, ref map, "mtime"u8);
        var modified = reader.ReadInt64();
        byte[] target = [];
        if (kind == DirectoryEntryKind.Link)
        {
            Expect(ref reader, ref map, "target"u8);
            target = reader.ReadBytes().ToArray();
        }

        return IsName(name) && mode is >= 0 and <= ModeMax && size >= 0 && IsTarget(kind, target)
            ? new DirectoryEntry(name, kind, (int)mode, modified, size, cid, target)
            : throw new IntegrityException("A directory node has an entry with a name or a value that is not allowed.");
    }

    private static bool IsTarget(DirectoryEntryKind kind, ReadOnlySpan<byte> target) =>
        kind != DirectoryEntryKind.Link
        || (target.Length is > 0 and <= TargetSizeMaxBytes && !target.Contains((byte)0));

    private static ImmutableArray<Cid> ReadShards(ref DagCborReader reader)
    {
        var shards = ImmutableArray.CreateBuilder<Cid>();
        for (var count = reader.ReadListStart(); count > 0; count--)
        {
            if (reader.ReadListStart() != 2)
            {
                throw new IntegrityException("A shard of a directory has a first name and a link.");
            }

            reader.ReadBytes();
            shards.Add(reader.ReadLink());
        }

        return shards.ToImmutable();
    }

    private static T End<T>(ref DagCborReader reader, ref DagCborMap map, T result)
    {
        if (reader.ReadKey(ref map, out _))
        {
            throw new IntegrityException("A directory node has an unknown key.");
        }

        reader.End();
        return result;
    }

    private static void Expect(ref DagCborReader reader, ref DagCborMap map, ReadOnlySpan<byte> wanted)
    {
        reader.ReadKey(ref map, out var key);
        Require(key, wanted);
    }

    private static void Require(ReadOnlySpan<byte> key, ReadOnlySpan<byte> wanted)
    {
        if (!key.SequenceEqual(wanted))
        {
            throw new IntegrityException("A directory node has an unknown key, or lacks one.");
        }
    }
}

using System.Buffers;
using System.Collections.Immutable;
using CimStore.Content;

namespace CimStore.Engine;

/// <summary>
/// The block that tells what an export holds: <c>{"v": 1, "kind": "cimstore-export", "large": [[size, content's CID as
/// bytes, UnixFS root]], "roots": [links]}</c>, canonical DAG-CBOR. The whole content is not in the archive under its
/// own name, so that name is no link.
/// </summary>
public static class CarManifest
{
    private const string Kind = "cimstore-export";
    private const long Version = 1;

    public static (Cid Cid, byte[] Bytes) Encode(
        IReadOnlyCollection<Cid> roots, IReadOnlyCollection<CarManifestEntry> large)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new DagCborWriter(output);
        writer.WriteMapStart(4);
        writer.WriteString("v"u8);
        writer.WriteInt(Version);
        writer.WriteString("kind"u8);
        writer.WriteString(Kind);
        writer.WriteString("large"u8);
        writer.WriteListStart(large.Count);
        foreach (var entry in large)
        {
            var name = new byte[entry.Content.ByteLength];
            entry.Content.WriteBytes(name);
            writer.WriteListStart(3);
            writer.WriteInt(entry.SizeBytes);
            writer.WriteBytes(name);
            writer.WriteLink(entry.UnixFs);
        }

        writer.WriteString("roots"u8);
        writer.WriteListStart(roots.Count);
        foreach (var root in roots)
        {
            var name = new byte[root.ByteLength];
            root.WriteBytes(name);
            writer.WriteBytes(name);
        }

        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(output.WrittenSpan, digest);
        return (Cid.FromDigest(Codecs.DagCbor, HashFunctions.Blake3, digest), output.WrittenSpan.ToArray());
    }

    /// <returns>What the manifest says, or null when the block is none.</returns>
    public static (ImmutableArray<Cid> Roots, ImmutableArray<CarManifestEntry> Large)? TryDecode(
        ReadOnlySpan<byte> block)
    {
        try
        {
            var reader = new DagCborReader(block);
            var map = reader.ReadMapStart();
            if (!IsNext(ref reader, ref map, "v"u8) || reader.ReadInt64() != Version
                || !IsNext(ref reader, ref map, "kind"u8) || reader.ReadString() != Kind
                || !IsNext(ref reader, ref map, "large"u8))
            {
                return null;
            }

            var large = ImmutableArray.CreateBuilder<CarManifestEntry>();
            for (var count = reader.ReadListStart(); count > 0; count--)
            {
                reader.ReadListStart();
                var size = reader.ReadInt64();
                large.Add(new CarManifestEntry(ReadName(ref reader), reader.ReadLink(), size));
            }

            var roots = ImmutableArray.CreateBuilder<Cid>();
            if (IsNext(ref reader, ref map, "roots"u8))
            {
                for (var count = reader.ReadListStart(); count > 0; count--)
                {
                    roots.Add(ReadName(ref reader));
                }
            }

            return (roots.ToImmutable(), large.ToImmutable());
        }
        catch (ContentFormatException)
        {
            return null;
        }
    }

    private static bool IsNext(ref DagCborReader reader, ref DagCborMap map, ReadOnlySpan<byte> wanted) =>
        reader.ReadKey(ref map, out var key) && key.SequenceEqual(wanted);

    private static Cid ReadName(ref DagCborReader reader)
    {
        var bytes = reader.ReadBytes();
        return Cid.TryReadBytes(bytes, out var cid, out var size) && size == bytes.Length
            ? cid
            : throw new ContentFormatException("manifest", 0, "a name is no CID");
    }
}

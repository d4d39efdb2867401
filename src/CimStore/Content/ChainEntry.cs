using System.Buffers;

namespace CimStore.Content;

/// <summary>
/// One link of a content chain. Content, predecessor and sequence are hashed together: none of them can be exchanged
/// without changing the name of this entry, and with it every entry after it.
/// </summary>
/// <param name="Content">What the entry is about.</param>
/// <param name="Previous">The entry before, or null for the first.</param>
/// <param name="Sequence">0 for the first entry, then one more each.</param>
public readonly record struct ChainEntry(Cid Content, Cid? Previous, long Sequence)
{
    private const string Format = "chain entry";

    public static ChainEntry First(Cid content) => new(content, null, 0);

    /// <summary>The entry after the one with this name.</summary>
    public ChainEntry Next(Cid name, Cid content) => new(content, name, Sequence + 1);

    /// <summary>Writes the entry as dag-cbor and names it.</summary>
    public Cid Encode(ArrayBufferWriter<byte> output, ulong hashFunction = HashFunctions.Blake3)
    {
        var start = output.WrittenCount;
        var writer = new DagCborWriter(output);
        writer.WriteMapStart(3);
        writer.WriteString("content"u8);
        writer.WriteLink(Content);
        writer.WriteString("previous"u8);
        if (Previous is { } previous)
        {
            writer.WriteLink(previous);
        }
        else
        {
            writer.WriteNull();
        }

        writer.WriteString("sequence"u8);
        writer.WriteInt(Sequence);
        return Cid.Of(Codecs.DagCbor, output.WrittenSpan[start..], hashFunction);
    }

    /// <exception cref="ContentFormatException">The block is not a chain entry.</exception>
    public static ChainEntry Decode(ReadOnlySpan<byte> block)
    {
        var reader = new DagCborReader(block);
        var map = reader.ReadMapStart();
        Expect(ref reader, ref map, "content"u8);
        var content = reader.ReadLink();
        Expect(ref reader, ref map, "previous"u8);
        var previous = reader.TryReadNull() ? (Cid?)null : reader.ReadLink();
        Expect(ref reader, ref map, "sequence"u8);
        var sequence = reader.ReadInt64();
        reader.End();
        return sequence >= 0 && map.Remaining == 0 && sequence == 0 == previous is null
            ? new ChainEntry(content, previous, sequence)
            : throw new ContentFormatException(Format, 0, "only the first entry, and it alone, has no predecessor");
    }

    private static void Expect(ref DagCborReader reader, ref DagCborMap map, ReadOnlySpan<byte> name)
    {
        if (!reader.ReadKey(ref map, out var key) || !key.SequenceEqual(name))
        {
            throw new ContentFormatException(
                Format, reader.Position, "an entry has content, previous and sequence, and nothing else");
        }
    }
}

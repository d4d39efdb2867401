using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Disk.Catalog;

/// <summary>The small values of the index; <c>docs/formats/catalog.md</c> describes each.</summary>
internal static class CatalogValues
{
    public const int NameSizeBytesMax = 256;
    public const int CommandSizeBytesMax = 320;
    public const int UsageSizeBytesMax = 32;
    public const int DigestSizeBytesMax = 255;

    public static int WriteName(Span<byte> destination, NameRecord name)
    {
        var writer = new PackedWriter(destination);
        writer.Varint(name.Revision.Value);
        writer.Varint((ulong)Instants.ToTicks(name.At));
        writer.Varint(name.Previous.Value);
        writer.Byte(name.Cid is null ? (byte)0 : (byte)1);
        if (name.Cid is { } cid)
        {
            writer.Cid(cid);
        }

        return writer.Length;
    }

    public static NameRecord ReadName(OwnerId owner, NamespaceId space, string name, ReadOnlySpan<byte> source)
    {
        var reader = new PackedReader(source);
        var revision = new Lsn(reader.Varint());
        var at = Instants.FromTicks((long)reader.Varint());
        var previous = new Lsn(reader.Varint());
        return new NameRecord(owner, space, name, reader.Byte() == 0 ? null : reader.Cid(), revision, at, previous);
    }

    public static int WriteCommand(Span<byte> destination, JournalEntry entry)
    {
        var digest = entry.Context.RequestDigest.Span;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digest.Length, DigestSizeBytesMax);
        var writer = new PackedWriter(destination);
        writer.Varint(entry.Lsn.Value);
        writer.Varint((ulong)Instants.ToTicks(entry.At));
        writer.Sized(digest);
        return writer.Length;
    }

    public static CommandOutcome ReadCommand(MessageId id, ReadOnlySpan<byte> source)
    {
        var reader = new PackedReader(source);
        var lsn = new Lsn(reader.Varint());
        var at = Instants.FromTicks((long)reader.Varint());
        return new CommandOutcome(id, reader.Sized().ToArray(), lsn, at);
    }

    public static int WriteUsage(Span<byte> destination, OwnerUsage usage)
    {
        var writer = new PackedWriter(destination);
        writer.Varint((ulong)usage.References);
        writer.Varint((ulong)usage.Objects);
        writer.Varint((ulong)usage.LogicalBytes);
        return writer.Length;
    }

    public static OwnerUsage ReadUsage(OwnerId owner, ReadOnlySpan<byte> source)
    {
        var reader = new PackedReader(source);
        return new OwnerUsage(owner, (long)reader.Varint(), (long)reader.Varint(), (long)reader.Varint());
    }

    public static int WriteSegment(Span<byte> destination, SegmentUse use)
    {
        var writer = new PackedWriter(destination);
        writer.Varint((ulong)use.ContentBytes);
        writer.Varint((ulong)use.GarbageBytes);
        return writer.Length;
    }

    public static SegmentUse ReadSegment(ReadOnlySpan<byte> source)
    {
        var reader = new PackedReader(source);
        return new SegmentUse((long)reader.Varint(), (long)reader.Varint());
    }
}

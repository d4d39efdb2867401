using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Catalog;

/// <summary>
/// The value under an object's key. Compact, because a million of them are written and compacted again and again: what
/// is usual costs a bit, numbers are varints, and instants and positions are differences from the record's first.
/// </summary>
internal static class CatalogRecordCodec
{
    public const byte Version = 1;
    public const int CopiesMax = 4096;
    public const int ReferencesMax = 1 << 20;

    private const byte RootIsOwnDigest = 1;
    private const byte HasTombstone = 2;
    private const byte IsReleased = 4;
    private const byte IsUnreferenced = 8;

    private static ReadOnlySpan<byte> HotName => "hot"u8;

    private static readonly LocationId Hot = new("hot");
    private static readonly Reference LocalPin = new(OwnerId.Local, NamespaceId.Default, null);

    /// <summary>An upper bound of what <see cref="Write"/> writes.</summary>
    public static int SizeBytesMax(ObjectRecord record)
    {
        var size = 128 + Cid.ByteLengthMax;
        foreach (var copy in record.Copies)
        {
            size += 64 + (3 * (copy.Location.Name.Length + (copy.Header.KeyId?.Length ?? 0)));
        }

        foreach (var reference in record.References)
        {
            var units = reference.Owner.Name.Length + reference.Namespace.Name.Length + (reference.Name?.Length ?? 0);
            size += 32 + (3 * units);
        }

        return size;
    }

    public static int Write(Span<byte> destination, ObjectRecord record)
    {
        var writer = new PackedWriter(destination);
        writer.Byte(Version);
        var ownRoot = IsOwnRoot(record);
        writer.Byte((byte)((ownRoot ? RootIsOwnDigest : 0)
            | (record.Tombstone is null ? 0 : HasTombstone)
            | (record.Tombstone?.Released is null ? 0 : IsReleased)
            | (record.UnreferencedUntil is null ? 0 : IsUnreferenced)));
        if (!ownRoot)
        {
            writer.Cid(record.Root);
        }

        writer.Varint((ulong)record.SizeBytes);
        writer.Byte((byte)(((byte)record.Class << 4) | (byte)record.Tier));
        writer.Byte((byte)(((byte)record.DataClass << 4) | (byte)record.Pattern));
        writer.Varint(record.Created.Value);
        writer.Varint((ulong)Instants.ToTicks(record.CreatedAt));
        writer.Varint(record.Revision.Value - record.Created.Value);
        WriteCopies(ref writer, record);
        WriteReferences(ref writer, record.References);
        if (record.UnreferencedUntil is { } until)
        {
            writer.Signed(SinceCreation(record, until));
        }

        if (record.Tombstone is { } tombstone)
        {
            writer.Varint(tombstone.Deleted.Value - record.Created.Value);
            writer.Signed(SinceCreation(record, tombstone.DeletedAt));
            writer.Signed(SinceCreation(record, tombstone.GraceEndsAt));
            if (tombstone.Released is { } released)
            {
                writer.Varint(released.Value - record.Created.Value);
            }
        }

        return writer.Length;
    }

    public static ObjectRecord Read(ContentKey key, ReadOnlySpan<byte> source)
    {
        var reader = new PackedReader(source);
        if (reader.Byte() != Version)
        {
            throw PackedReader.Damaged();
        }

        var flags = reader.Byte();
        var root = (flags & RootIsOwnDigest) != 0 ? Cid.ForRaw(key.Cid.Digest) : reader.Cid();
        var size = (long)reader.Varint();
        var (classAndTier, kindAndPattern) = (reader.Byte(), reader.Byte());
        var created = reader.Varint();
        var createdAt = Instants.FromTicks((long)reader.Varint());
        var record = new ObjectRecord
        {
            Key = key,
            Root = root,
            SizeBytes = size,
            Class = (DurabilityClass)(classAndTier >> 4),
            Tier = (StorageTier)(classAndTier & 0xF),
            DataClass = (DataClass)(kindAndPattern >> 4),
            Pattern = (AccessPattern)(kindAndPattern & 0xF),
            Created = new Lsn(created),
            CreatedAt = createdAt,
            Revision = new Lsn(created + reader.Varint()),
            Copies = ReadCopies(ref reader, created, createdAt),
            References = ReadReferences(ref reader),
        };
        if ((flags & IsUnreferenced) != 0)
        {
            record = record with { UnreferencedUntil = Later(createdAt, reader.Signed()) };
        }

        return (flags & HasTombstone) == 0
            ? record
            : record with { Tombstone = ReadTombstone(ref reader, record, (flags & IsReleased) != 0) };
    }

    private static bool IsOwnRoot(ObjectRecord record)
    {
        var (cid, root) = (record.Key.Cid, record.Root);
        return cid.HashFunction == HashFunctions.Blake3 && cid.Digest.Length == 32
            && root == Cid.ForRaw(cid.Digest);
    }

    private static long SinceCreation(ObjectRecord record, DateTimeOffset instant) =>
        Instants.ToTicks(instant) - Instants.ToTicks(record.CreatedAt);

    private static DateTimeOffset Later(DateTimeOffset instant, long ticks) =>
        Instants.FromTicks(Instants.ToTicks(instant) + ticks);

    private static void WriteCopies(ref PackedWriter writer, ObjectRecord record)
    {
        writer.Varint((ulong)record.Copies.Length);
        foreach (var copy in record.Copies)
        {
            writer.Text(copy.Location.Name);
            writer.Signed((long)(copy.Incarnation - record.Created.Value));
            var header = copy.Header;
            writer.Byte((byte)(((byte)copy.State << 1) | (header == CopyHeader.Plain ? 0 : 1)));
            if (header != CopyHeader.Plain)
            {
                writer.Byte(header.Compression);
                writer.Byte(header.Encryption);
                writer.Byte(header.KeyId is null ? (byte)0 : (byte)1);
                if (header.KeyId is not null)
                {
                    writer.Text(header.KeyId);
                }
            }

            writer.Signed(SinceCreation(record, copy.VerifiedAt));
        }
    }

    private static ImmutableArray<Copy> ReadCopies(ref PackedReader reader, ulong created, DateTimeOffset createdAt)
    {
        var copies = new Copy[reader.Count(CopiesMax)];
        for (var index = 0; index < copies.Length; index++)
        {
            var name = reader.Sized();
            var location = name.SequenceEqual(HotName) ? Hot : new LocationId(Encoding.UTF8.GetString(name));
            var incarnation = (ulong)reader.Signed() + created;
            var state = reader.Byte();
            var header = CopyHeader.Plain;
            if ((state & 1) != 0)
            {
                var (compression, encryption) = (reader.Byte(), reader.Byte());
                header = new CopyHeader(compression, encryption, reader.Byte() == 0 ? null : reader.Text());
            }

            var verifiedAt = Later(createdAt, reader.Signed());
            copies[index] = new Copy(location, incarnation, (CopyState)(state >> 1), header, verifiedAt);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(copies);
    }

    private static void WriteReferences(ref PackedWriter writer, ImmutableArray<Reference> references)
    {
        writer.Varint((ulong)references.Length);
        foreach (var reference in references)
        {
            // The unnamed pin of a node without users is what nearly every object has.
            var flags = (reference.Name is null ? 0 : 1)
                | (reference.Owner == OwnerId.Local ? 0 : 2)
                | (reference.Namespace == NamespaceId.Default ? 0 : 4);
            writer.Byte((byte)flags);
            if ((flags & 2) != 0)
            {
                writer.Text(reference.Owner.Name);
            }

            if ((flags & 4) != 0)
            {
                writer.Text(reference.Namespace.Name);
            }

            if (reference.Name is not null)
            {
                writer.Text(reference.Name);
            }
        }
    }

    private static ImmutableArray<Reference> ReadReferences(ref PackedReader reader)
    {
        var count = reader.Count(ReferencesMax);
        if (count == 0)
        {
            return [];
        }

        var references = new Reference[count];
        for (var index = 0; index < count; index++)
        {
            var flags = reader.Byte();
            references[index] = flags == 0
                ? LocalPin
                : new Reference(
                    (flags & 2) == 0 ? OwnerId.Local : new OwnerId(reader.Text()),
                    (flags & 4) == 0 ? NamespaceId.Default : new NamespaceId(reader.Text()),
                    (flags & 1) == 0 ? null : reader.Text());
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(references);
    }

    private static Tombstone ReadTombstone(ref PackedReader reader, ObjectRecord record, bool released)
    {
        var deleted = new Lsn(record.Created.Value + reader.Varint());
        var deletedAt = Later(record.CreatedAt, reader.Signed());
        var graceEndsAt = Later(record.CreatedAt, reader.Signed());
        return new Tombstone(
            deleted, deletedAt, graceEndsAt, released ? new Lsn(record.Created.Value + reader.Varint()) : null);
    }
}

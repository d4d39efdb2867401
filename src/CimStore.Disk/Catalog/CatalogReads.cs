using System.Buffers;
using System.Text;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Catalog;

/// <summary>Single values of the index. The bytes are decoded where RocksDB holds them, without a copy.</summary>
internal static class CatalogReads
{
    public static ObjectRecord? Object(CatalogIndex index, ContentKey key)
    {
        Span<byte> bytes = stackalloc byte[CatalogKeys.ObjectPrefixBytes + Content.Cid.ByteLengthMax];
        return index.Get(bytes[..CatalogKeys.WriteObject(bytes, key)], new ObjectReader(key));
    }

    public static Place? Place(CatalogIndex index, ulong lsn)
    {
        Span<byte> bytes = stackalloc byte[1 + sizeof(ulong)];
        CatalogKeys.WriteNumber(bytes, CatalogKeys.Place, Catalog.PlaceGroup.NumberOf(lsn));
        return index.Get(bytes, new PlaceReader(lsn));
    }

    public static PlaceGroup? PlaceGroup(CatalogIndex index, ulong number)
    {
        Span<byte> bytes = stackalloc byte[1 + sizeof(ulong)];
        CatalogKeys.WriteNumber(bytes, CatalogKeys.Place, number);
        return index.Get(bytes, new PlaceGroupReader(number));
    }

    public static List<Guid> LargeFiles(CatalogIndex index) => index.Page(
        [CatalogKeys.LargeFile], [CatalogKeys.LargeFile], after: false, int.MaxValue,
        static (key, _) => new Guid(key[1..], bigEndian: true));

    public static void ForgetSegment(CatalogIndex index, ulong segment)
    {
        Span<byte> bytes = stackalloc byte[1 + sizeof(ulong)];
        index.Delete(bytes[..CatalogKeys.WriteNumber(bytes, CatalogKeys.Segment, segment)]);
    }

    public static bool IsReferred(CatalogIndex index, Guid largeFile)
    {
        Span<byte> bytes = stackalloc byte[1 + 16];
        return index.Get(bytes[..CatalogKeys.WriteLargeFile(bytes, largeFile)]) is not null;
    }

    public static NameRecord? Name(CatalogIndex index, OwnerId owner, NamespaceId space, string name)
    {
        var key = ArrayPool<byte>.Shared.Rent(CatalogKeys.SizeBytesMax);
        var value = index.Get(key.AsSpan(0, CatalogKeys.WriteName(key, owner, space, name)));
        ArrayPool<byte>.Shared.Return(key);
        return value is null ? null : CatalogValues.ReadName(owner, space, name, value);
    }

    public static CommandOutcome? Command(CatalogIndex index, MessageId id)
    {
        Span<byte> bytes = stackalloc byte[1 + 16];
        var value = index.Get(bytes[..CatalogKeys.WriteCommand(bytes, id)]);
        return value is null ? null : CatalogValues.ReadCommand(id, value);
    }

    public static Progress? Progress(CatalogIndex index)
    {
        var value = index.Get(CatalogKeys.ProgressKey);
        return value is null ? null : Catalog.Progress.Read(value);
    }

    /// <summary>The places behind an LSN, in order, of so many groups; none when there are no more.</summary>
    public static List<(ulong Lsn, Place Place)> Places(CatalogIndex index, ulong after, int groupsMax)
    {
        // The first of them may have none behind it.
        ArgumentOutOfRangeException.ThrowIfLessThan(groupsMax, 2);
        Span<byte> from = stackalloc byte[1 + sizeof(ulong)];
        CatalogKeys.WriteNumber(from, CatalogKeys.Place, Catalog.PlaceGroup.NumberOf(after));
        var groups = index.Page(
            from[..1], from, after: false, groupsMax,
            static (key, value) => Catalog.PlaceGroup.Read(new PackedReader(key[1..]).BigEndian(), value));
        var places = new List<(ulong Lsn, Place Place)>(groups.Count * Catalog.PlaceGroup.PlacesMax);
        foreach (var group in groups)
        {
            group.AddBehind(after, places);
        }

        return places;
    }

    public static List<ObjectRecord> Objects(CatalogIndex index, DedupDomain domain, Content.Cid? after, int countMax)
    {
        Span<byte> from = stackalloc byte[CatalogKeys.ObjectPrefixBytes + Content.Cid.ByteLengthMax];
        var prefixLength = CatalogKeys.WriteObjectPrefix(from, domain);
        var length = after is { } cid ? CatalogKeys.WriteObject(from, new ContentKey(domain, cid)) : prefixLength;
        return index.Page(
            from[..prefixLength], from[..length], after: true, countMax,
            (key, value) => CatalogRecordCodec.Read(new ContentKey(domain, ReadCid(key[prefixLength..])), value));
    }

    /// <param name="after">The key to go on behind, or the prefix alone.</param>
    public static List<(byte[] Key, ContentKey Content)> Expired(
        CatalogIndex index, DateTimeOffset now, byte[] after, int countMax)
    {
        var page = index.Page(
            [CatalogKeys.Expiry], after, after: true, countMax,
            static (key, _) => (Key: key.ToArray(), Due: ReadDue(key)));
        var due = new List<(byte[], ContentKey)>(page.Count);
        foreach (var (key, (at, content)) in page)
        {
            if (at > now)
            {
                break;
            }

            due.Add((key, content));
        }

        return due;
    }

    public static DateTimeOffset? ExpiresAt(ObjectRecord? record) => record switch
    {
        null => null,
        { Tombstone: null } => record.UnreferencedUntil,
        { Tombstone: { Released: null } tombstone } => tombstone.GraceEndsAt,
        _ => null,
    };

    public static List<NameRecord> Names(
        CatalogIndex index, OwnerId owner, NamespaceId space, string? after, int countMax)
    {
        var from = new byte[CatalogKeys.SizeBytesMax];
        var prefixLength = CatalogKeys.WriteNamePrefix(from, owner, space);
        var length = after is null ? prefixLength : CatalogKeys.WriteName(from, owner, space, after);
        return index.Page(
            from.AsSpan(0, prefixLength), from.AsSpan(0, length), after: true, countMax,
            (key, value) => CatalogValues.ReadName(owner, space, Encoding.UTF8.GetString(key[prefixLength..]), value));
    }

    private static Content.Cid ReadCid(ReadOnlySpan<byte> key) =>
        Content.Cid.TryReadOrderedKey(key, out var cid, out _) ? cid : throw PackedReader.Damaged();

    private static (DateTimeOffset At, ContentKey Content) ReadDue(ReadOnlySpan<byte> key)
    {
        var reader = new PackedReader(key[1..]);
        var at = Instants.FromTicks((long)reader.BigEndian());
        var domain = new DedupDomain(reader.BigEndian());
        return (at, new ContentKey(domain, ReadCid(reader.Take(reader.Remaining))));
    }

    public static List<OwnerUsage> Owners(CatalogIndex index) => index.Page(
        [CatalogKeys.Owner], [CatalogKeys.Owner], after: false, int.MaxValue,
        static (key, value) => CatalogValues.ReadUsage(new OwnerId(Encoding.UTF8.GetString(key[1..])), value));

    public static List<(ulong, SegmentUse)> Segments(CatalogIndex index) => index.Page(
        [CatalogKeys.Segment], [CatalogKeys.Segment], after: false, int.MaxValue,
        static (key, value) => (new PackedReader(key[1..]).BigEndian(), CatalogValues.ReadSegment(value)));

    private sealed class ObjectReader(ContentKey key) : IIndexValue<ObjectRecord>
    {
        public ObjectRecord Read(ReadOnlySpan<byte> value) => CatalogRecordCodec.Read(key, value);
    }

    private sealed class PlaceReader(ulong lsn) : IIndexValue<Place?>
    {
        public Place? Read(ReadOnlySpan<byte> value) => Catalog.PlaceGroup.Find(lsn, value);
    }

    private sealed class PlaceGroupReader(ulong number) : IIndexValue<PlaceGroup>
    {
        public PlaceGroup Read(ReadOnlySpan<byte> value) => Catalog.PlaceGroup.Read(number, value);
    }
}

using System.Text;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Catalog;

/// <summary>
/// The keys of the index; <c>docs/formats/catalog.md</c> lists them. The first byte tells what it is.
/// </summary>
internal static class CatalogKeys
{
    public const byte Object = (byte)'o';
    public const byte Name = (byte)'n';
    public const byte Command = (byte)'m';
    public const byte CommandQueue = (byte)'c';
    public const byte Expiry = (byte)'x';
    public const byte Owner = (byte)'u';
    public const byte Segment = (byte)'s';
    public const byte Place = (byte)'l';
    public const byte LargeFile = (byte)'f';
    public const byte Progress = (byte)'p';

    /// <summary>
    /// Longest key: a name of three labels of 255 UTF-16 units, three bytes of UTF-8 each, with separators.
    /// </summary>
    public const int SizeBytesMax = 3 + (3 * 255 * 3);

    public const int ObjectPrefixBytes = 1 + sizeof(ulong);

    public static ReadOnlySpan<byte> ProgressKey => "p"u8;

    public static ReadOnlySpan<byte> CommandQueueKey => "c"u8;

    public static int WriteObject(Span<byte> key, in ContentKey content)
    {
        var writer = new PackedWriter(key);
        writer.Byte(Object);
        writer.BigEndian(content.Domain.Tag);
        return writer.Length + content.Cid.WriteOrderedKey(key[writer.Length..]);
    }

    public static ContentKey ReadObject(ReadOnlySpan<byte> key)
    {
        var domain = new DedupDomain(new PackedReader(key[1..]).BigEndian());
        return Content.Cid.TryReadOrderedKey(key[ObjectPrefixBytes..], out var cid, out _)
            ? new ContentKey(domain, cid)
            : throw PackedReader.Damaged();
    }

    public static int WriteObjectPrefix(Span<byte> key, DedupDomain domain)
    {
        var writer = new PackedWriter(key);
        writer.Byte(Object);
        writer.BigEndian(domain.Tag);
        return writer.Length;
    }

    /// <summary>
    /// A zero byte ends each label: labels have no control characters, so no name is a prefix of another's.
    /// </summary>
    public static int WriteName(Span<byte> key, OwnerId owner, NamespaceId space, string name)
    {
        var length = WriteNamePrefix(key, owner, space);
        return length + Encoding.UTF8.GetBytes(name, key[length..]);
    }

    public static int WriteNamePrefix(Span<byte> key, OwnerId owner, NamespaceId space)
    {
        key[0] = Name;
        var length = 1 + Encoding.UTF8.GetBytes(owner.Name, key[1..]);
        key[length++] = 0;
        length += Encoding.UTF8.GetBytes(space.Name, key[length..]);
        key[length++] = 0;
        return length;
    }

    public static int WriteCommand(Span<byte> key, MessageId id)
    {
        key[0] = Command;
        id.Value.TryWriteBytes(key[1..], bigEndian: true, out var written);
        return 1 + written;
    }

    public static int WriteLargeFile(Span<byte> key, Guid id)
    {
        key[0] = LargeFile;
        id.TryWriteBytes(key[1..], bigEndian: true, out var written);
        return 1 + written;
    }

    public static int WriteExpiry(Span<byte> key, DateTimeOffset graceEndsAt, in ContentKey content)
    {
        var writer = new PackedWriter(key);
        writer.Byte(Expiry);
        writer.BigEndian((ulong)Instants.ToTicks(graceEndsAt));
        writer.BigEndian(content.Domain.Tag);
        return writer.Length + content.Cid.WriteOrderedKey(key[writer.Length..]);
    }

    public static int WriteOwner(Span<byte> key, OwnerId owner)
    {
        key[0] = Owner;
        return 1 + Encoding.UTF8.GetBytes(owner.Name, key[1..]);
    }

    public static int WriteNumber(Span<byte> key, byte kind, ulong number)
    {
        var writer = new PackedWriter(key);
        writer.Byte(kind);
        writer.BigEndian(number);
        return writer.Length;
    }
}

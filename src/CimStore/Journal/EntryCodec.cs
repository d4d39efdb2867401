using System.Security.Cryptography;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>
/// Reads the journal's persisted form of entries (docs/formats/events.md). Strict: an unknown version, key or type, and
/// any encoding but the canonical one, is refused. <see cref="EntryDraft"/> writes it.
/// </summary>
public static class EntryCodec
{
    public const int Version = 1;
    public const int SaltSizeBytes = 16;

    private const int IdSizeBytes = 16;
    private const ulong ReferencePin = 1;
    private const ulong ReferenceName = 2;

    /// <summary>What owner, namespace, name and actor read as once they were erased (D21).</summary>
    public const string Erased = "erased";

    /// <param name="source">Starts with an entry; what follows it is left alone.</param>
    /// <param name="consumed">How many bytes the entry has.</param>
    /// <param name="chain">The chain the entry says it belongs to.</param>
    /// <exception cref="IntegrityException">No entry of a version we know, or the private part was changed.</exception>
    public static JournalEntry Read(ReadOnlySpan<byte> source, out int consumed, out ChainId chain)
    {
        var head = ReadHashed(source);
        var hashedSize = head.Size;
        var (privately, privateSize) = ReadPrivate(source[hashedSize..], head.Commitment);
        consumed = hashedSize + privateSize;
        chain = head.Chain;
        var reference = head.ReferenceKind switch
        {
            0 => null,
            ReferencePin => new Reference(privately.Owner, privately.Space, null),
            _ => new Reference(privately.Owner, privately.Space, privately.Name ?? Erased),
        };
        if (head.ReferenceKind != ReferenceName && privately.Name is not null && head.Commitment is not null
            && privately.Name != Erased)
        {
            throw new IntegrityException("The journal entry names something although its event has no name.");
        }

        var reader = new EntryReader(source[head.DataStart..head.DataEnd]);
        var happened = EventDataReader.Read(ref reader, head.Type, head.Key, reference);
        var told = EventReference.Of(happened) is { } one ? one with { Base = Lsn.None } : null;
        if (told != reference || reader.Offset != head.DataEnd - head.DataStart)
        {
            throw reader.Broken("a reference or a field on an event that has none");
        }

        var context = new EventContext(
            head.Command, head.Correlation ?? head.Command, head.Causation ?? head.Command, privately.Actor,
            head.Digest);
        return new JournalEntry(
            head.Lsn, head.Id, head.At, context, happened, NameOf(source[..hashedSize]), head.Previous);
    }

    /// <summary>The entry with its private part erased; the hashed part, and so the chain, stays as it is.</summary>
    /// <returns>How many bytes were written.</returns>
    public static int Erase(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var size = ReadHashed(source).Size;
        source[..size].CopyTo(destination);
        destination[size] = 0xF6;
        return size + 1;
    }

    internal static Cid NameOf(ReadOnlySpan<byte> hashed)
    {
        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(hashed, digest);
        return Cid.FromDigest(Codecs.DagCbor, HashFunctions.Blake3, digest);
    }

    internal static void Commit(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> privately, Span<byte> commitment)
    {
        Span<byte> key = stackalloc byte[Blake3.KeySizeBytes];
        key.Clear();
        salt.CopyTo(key);
        Blake3.KeyedHash(key, privately, commitment);
    }

    private static HashedPart ReadHashed(ReadOnlySpan<byte> source)
    {
        var reader = new EntryReader(source);
        var part = new HashedPart();
        var left = reader.Map();
        reader.Key("v"u8, ref left);
        var version = reader.Unsigned();
        if (version != Version)
        {
            throw reader.Broken($"version {version}; this program reads version {Version}");
        }

        reader.Key("at"u8, ref left);
        part.At = reader.Instant();
        reader.Key("id"u8, ref left);
        part.Id = new MessageId(reader.Id());
        part.Causation = reader.TryKey("cau"u8, ref left) ? new MessageId(reader.Id()) : null;
        Cid? cid = reader.TryKey("cid"u8, ref left) ? reader.Link() : null;
        reader.Key("cmd"u8, ref left);
        part.Command = new MessageId(reader.Id());
        part.Correlation = reader.TryKey("cor"u8, ref left) ? new MessageId(reader.Id()) : null;
        part.Digest = reader.TryKey("dig"u8, ref left)
            ? reader.Bytes(IdSizeBytes).ToArray() : ReadOnlyMemory<byte>.Empty;
        var domain = reader.TryKey("dom"u8, ref left) ? new DedupDomain(reader.Unsigned()) : DedupDomain.Shared;
        part.Key = cid is { } name ? new ContentKey(domain, name) : null;
        part.ReferenceKind = reader.TryKey("ref"u8, ref left) ? reader.Unsigned() : 0;
        if (part.ReferenceKind > ReferenceName)
        {
            throw reader.Broken("an unknown kind of reference");
        }

        reader.Key("data"u8, ref left);
        part.DataStart = reader.Offset;
        reader.Skip();
        part.DataEnd = reader.Offset;
        ReadTail(ref reader, part, left);
        return part;
    }

    private static void ReadTail(ref EntryReader reader, HashedPart part, int left)
    {
        if (reader.TryKey("priv"u8, ref left))
        {
            part.Commitment = reader.Bytes(Blake3.HashSizeBytes).ToArray();
        }

        reader.Key("type"u8, ref left);
        part.Type = reader.Text();
        reader.Key("chain"u8, ref left);
        part.Chain = new ChainId(reader.Id());
        reader.Key("previous"u8, ref left);
        part.Previous = reader.TryNull() ? null : reader.Link();
        reader.Key("sequence"u8, ref left);
        part.Lsn = new Lsn(reader.Unsigned());
        reader.End(left);
        part.Size = reader.Offset;
    }

    private static (PrivatePart Part, int Size) ReadPrivate(ReadOnlySpan<byte> source, byte[]? commitment)
    {
        var reader = new EntryReader(source);
        if (reader.TryNull())
        {
            var part = commitment is null
                ? new PrivatePart(OwnerId.Local, NamespaceId.Default, null, EventContext.ActorDefault)
                : new PrivatePart(new OwnerId(Erased), new NamespaceId(Erased), Erased, Erased);
            return (part, reader.Offset);
        }

        var left = reader.Map();
        reader.Key("ns"u8, ref left);
        var space = reader.Text();
        reader.Key("act"u8, ref left);
        var actor = reader.Text();
        reader.Key("own"u8, ref left);
        var owner = reader.Text();
        var name = reader.TryKey("name"u8, ref left) ? reader.Text() : null;
        reader.Key("salt"u8, ref left);
        var salt = reader.Bytes(SaltSizeBytes);
        reader.End(left);
        Span<byte> actual = stackalloc byte[Blake3.HashSizeBytes];
        Commit(salt, source[..reader.Offset], actual);
        return commitment is not null && CryptographicOperations.FixedTimeEquals(actual, commitment)
            ? (new PrivatePart(new OwnerId(owner), new NamespaceId(space), name, actor), reader.Offset)
            : throw reader.Broken("the private part is not the one the entry committed to");
    }

    private sealed record PrivatePart(OwnerId Owner, NamespaceId Space, string? Name, string Actor);

    private sealed class HashedPart
    {
        public DateTimeOffset At;
        public MessageId Id;
        public MessageId Command;
        public MessageId? Causation;
        public MessageId? Correlation;
        public ReadOnlyMemory<byte> Digest;
        public ContentKey? Key;
        public ulong ReferenceKind;
        public int DataStart;
        public int DataEnd;
        public byte[]? Commitment;
        public string Type = "";
        public ChainId Chain;
        public Cid? Previous;
        public Lsn Lsn;
        public int Size;
    }
}

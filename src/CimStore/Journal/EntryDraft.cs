using CimStore.Content;
using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>
/// An entry that lacks only its place in the chain. The caller of a Store encodes it; the commit leader, one for all
/// callers, only appends position and link and hashes some 350 bytes. Reusable; not for two threads at once.
/// Format: docs/formats/events.md.
/// </summary>
public sealed class EntryDraft
{
    /// <summary>"previous" with a link, "sequence" with a 64-bit number.</summary>
    private const int TailSizeMax = 9 + 4 + 2 + Cid.ByteLengthMax + 9 + 9;

    private readonly EntryWriter _hashed = new();
    private readonly EntryWriter _private = new();

    /// <summary>What <see cref="Seal"/> needs at most.</summary>
    public int SizeMax => _hashed.Written.Length + TailSizeMax + _private.Written.Length;

    /// <summary>The hashed part as far as it is known; with <see cref="Private"/> all that a draft is.</summary>
    public ReadOnlySpan<byte> Hashed => _hashed.Written;

    public ReadOnlySpan<byte> Private => _private.Written;

    /// <summary>Takes up what another node drafted, to give it the place that it got.</summary>
    public void Load(ReadOnlySpan<byte> hashed, ReadOnlySpan<byte> privately)
    {
        _hashed.Clear();
        _private.Clear();
        _hashed.Raw(hashed);
        _private.Raw(privately);
    }

    /// <param name="chain">The journal's chain.</param>
    /// <param name="eventId">A new id.</param>
    /// <param name="at">When the journal accepts it.</param>
    /// <param name="context">Who asked.</param>
    /// <param name="happened">The fact.</param>
    /// <param name="salt">Fresh random bytes (16); used only when there is a private part.</param>
    public void Write(
        ChainId chain, MessageId eventId, DateTimeOffset at, EventContext context, StorageEvent happened,
        ReadOnlySpan<byte> salt)
    {
        _hashed.Clear();
        _private.Clear();
        var reference = EventReference.Of(happened);
        var hasPrivate = WritePrivate(context.Actor, reference, salt);
        var about = ObjectHistory.KeyOf(happened);
        var isOwnCause = context.CausationId == context.MessageId;
        var isOwnCorrelation = context.CorrelationId == context.MessageId;
        _hashed.Map(9 + (isOwnCause ? 0 : 1) + (isOwnCorrelation ? 0 : 1) + (about is null ? 0 : 1)
            + (context.RequestDigest.IsEmpty ? 0 : 1) + (about is null or { Domain.IsShared: true } ? 0 : 1)
            + (reference is null ? 0 : 1) + (hasPrivate ? 1 : 0));
        _hashed.Key("v"u8);
        _hashed.Unsigned(EntryCodec.Version);
        _hashed.Key("at"u8);
        _hashed.Instant(at);
        _hashed.Key("id"u8);
        _hashed.Id(eventId.Value);
        if (!isOwnCause)
        {
            _hashed.Key("cau"u8);
            _hashed.Id(context.CausationId.Value);
        }

        WriteSubject(about, context, isOwnCorrelation);
        if (reference is not null)
        {
            _hashed.Key("ref"u8);
            _hashed.Unsigned(reference.Name is null ? 1UL : 2UL);
        }

        _hashed.Key("data"u8);
        EventDataWriter.Write(_hashed, happened);
        WriteEnd(chain, happened, hasPrivate, salt);
    }

    /// <summary>Writes the whole entry and names it.</summary>
    /// <returns>How many bytes were written.</returns>
    public int Seal(Lsn lsn, Cid? previous, Span<byte> destination, out Cid eventCid)
    {
        var prefixSize = _hashed.Written.Length;
        _hashed.Key("previous"u8);
        if (previous is { } link)
        {
            _hashed.Link(link);
        }
        else
        {
            _hashed.Null();
        }

        _hashed.Key("sequence"u8);
        _hashed.Unsigned(lsn.Value);
        var hashed = _hashed.Written;
        hashed.CopyTo(destination);
        _private.Written.CopyTo(destination[hashed.Length..]);
        eventCid = EntryCodec.NameOf(hashed);
        var size = hashed.Length + _private.Written.Length;
        _hashed.Truncate(prefixSize);
        return size;
    }

    private void WriteSubject(Locations.ContentKey? about, EventContext context, bool isOwnCorrelation)
    {
        if (about is { } key)
        {
            _hashed.Key("cid"u8);
            _hashed.Link(key.Cid);
        }

        _hashed.Key("cmd"u8);
        _hashed.Id(context.MessageId.Value);
        if (!isOwnCorrelation)
        {
            _hashed.Key("cor"u8);
            _hashed.Id(context.CorrelationId.Value);
        }

        if (!context.RequestDigest.IsEmpty)
        {
            _hashed.Key("dig"u8);
            _hashed.Bytes(context.RequestDigest.Span);
        }

        if (about is { Domain: { IsShared: false } domain })
        {
            _hashed.Key("dom"u8);
            _hashed.Unsigned(domain.Tag);
        }
    }

    private void WriteEnd(ChainId chain, StorageEvent happened, bool hasPrivate, ReadOnlySpan<byte> salt)
    {
        if (hasPrivate)
        {
            Span<byte> commitment = stackalloc byte[Blake3.HashSizeBytes];
            EntryCodec.Commit(salt, _private.Written, commitment);
            _hashed.Key("priv"u8);
            _hashed.Bytes(commitment);
        }

        _hashed.Key("type"u8);
        _hashed.Text(EventTypes.Name(happened));
        _hashed.Key("chain"u8);
        _hashed.Id(chain.Value);
    }

    private bool WritePrivate(string actor, Reference? reference, ReadOnlySpan<byte> salt)
    {
        var owner = reference?.Owner ?? OwnerId.Local;
        var space = reference?.Namespace ?? NamespaceId.Default;
        if (owner == OwnerId.Local && space == NamespaceId.Default && reference?.Name is null
            && actor == EventContext.ActorDefault)
        {
            _private.Null();
            return false;
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(salt.Length, EntryCodec.SaltSizeBytes);
        _private.Map(reference?.Name is null ? 4 : 5);
        _private.Key("ns"u8);
        _private.Text(space.Name);
        _private.Key("act"u8);
        _private.Text(actor);
        _private.Key("own"u8);
        _private.Text(owner.Name);
        if (reference?.Name is { } name)
        {
            _private.Key("name"u8);
            _private.Text(name);
        }

        _private.Key("salt"u8);
        _private.Bytes(salt);
        return true;
    }
}

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using CimStore.Content;
using CimStore.Objects;

namespace CimStore.Translation;

/// <summary>
/// Who sent an event and because of what. Ids that are no UUIDs become UUIDs of version 8 that are the same for the
/// same text, everywhere and always: docs/translation.md has the bytes.
/// </summary>
public sealed record ForeignIdentity(
    MessageId? MessageId, MessageId? CorrelationId, MessageId? CausationId, string? Actor)
{
    public const int IdLengthMax = 512;

    public static readonly ForeignIdentity None = new(null, null, null, null);

    private const string IdContext = "cimstore 2026 foreign id v1";
    private const string CommandContext = "cimstore 2026 foreign command v1";
    private const int UuidSizeBytes = 16;

    /// <summary>A UUID is taken as it is; any other text is turned into one.</summary>
    /// <param name="source">Whose ids they are: the same text of another source is another id.</param>
    /// <param name="text">The id in the event.</param>
    /// <param name="id">What it is here.</param>
    /// <returns>False for an empty text, one that is too long, and the UUID of zeros, which senders share.</returns>
    public static bool TryRead(string source, string text, [NotNullWhen(true)] out MessageId? id)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(text);
        id = null;
        if (text.Length is 0 or > IdLengthMax)
        {
            return false;
        }

        if (Guid.TryParseExact(text, "D", out var uuid))
        {
            id = uuid == Guid.Empty ? null : new MessageId(uuid);
            return id is not null;
        }

        id = Derive(IdContext, Encoding.UTF8.GetBytes($"{source}\0{text}"));
        return true;
    }

    /// <summary>
    /// The id of one of the commands that the event becomes. The first has the event's own; each other one has its own
    /// that follows from it, so that a second delivery finds every one of them done.
    /// </summary>
    /// <param name="step">The command's place in the rule; what follows from that command has 256 more.</param>
    public static MessageId OfCommand(MessageId message, int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (step == 0)
        {
            return message;
        }

        Span<byte> material = stackalloc byte[UuidSizeBytes + sizeof(int)];
        message.Value.TryWriteBytes(material, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(material[UuidSizeBytes..], step);
        return Derive(CommandContext, material);
    }

    private static MessageId Derive(string context, ReadOnlySpan<byte> material)
    {
        Span<byte> bytes = stackalloc byte[UuidSizeBytes];
        Blake3.DeriveKey(context, material, bytes);

        // RFC 9562, section 5.8: version 8 says that the rest is ours, so nothing reads a time out of it.
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new MessageId(new Guid(bytes, bigEndian: true));
    }
}

using System.Buffers;
using System.Buffers.Binary;
using CimStore.Journal;
using CimStore.Locations;

namespace CimStore.Nats.Journal;

/// <summary>
/// The payload of a message: entries that lack only their place in the chain, which the stream gives them. Everybody
/// who reads the stream makes the same chain of it. Format: docs/formats/journal-stream.md.
/// </summary>
internal static class JournalMessage
{
    public const byte Version = 1;

    private const int HeadSizeBytes = 2;
    private const int LengthsSizeBytes = 8;
    private const int ChainSizeBytes = 16;

    /// <summary>The first message of a stream: no entries, and the id of the chain.</summary>
    public static byte[] Genesis(ChainId chain)
    {
        var payload = new byte[HeadSizeBytes + ChainSizeBytes];
        payload[0] = Version;
        chain.Value.TryWriteBytes(payload.AsSpan(HeadSizeBytes), bigEndian: true, out _);
        return payload;
    }

    public static void Begin(ArrayBufferWriter<byte> payload, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, byte.MaxValue);
        payload.Write([Version, (byte)count]);
    }

    public static void Add(ArrayBufferWriter<byte> payload, EntryDraft draft)
    {
        var lengths = payload.GetSpan(LengthsSizeBytes);
        BinaryPrimitives.WriteInt32LittleEndian(lengths, draft.Hashed.Length);
        BinaryPrimitives.WriteInt32LittleEndian(lengths[4..], draft.Private.Length);
        payload.Advance(LengthsSizeBytes);
        payload.Write(draft.Hashed);
        payload.Write(draft.Private);
    }

    /// <exception cref="IntegrityException">It is no first message of a version known here.</exception>
    public static ChainId ReadGenesis(ReadOnlySpan<byte> payload) =>
        payload.Length == HeadSizeBytes + ChainSizeBytes && payload[0] == Version && payload[1] == 0
            ? new ChainId(new Guid(payload[HeadSizeBytes..], bigEndian: true))
            : throw new IntegrityException(
                "The journal's first message is none of a version this program reads. Whose stream is it?");

    /// <returns>How many entries follow.</returns>
    /// <exception cref="IntegrityException">The payload is not of a version known here.</exception>
    public static int ReadHead(ref ReadOnlySpan<byte> payload)
    {
        if (payload.Length < HeadSizeBytes || payload[0] != Version || payload[1] == 0)
        {
            throw Broken();
        }

        var count = payload[1];
        payload = payload[HeadSizeBytes..];
        return count;
    }

    /// <exception cref="IntegrityException">The payload ends early.</exception>
    public static void ReadInto(EntryDraft draft, ref ReadOnlySpan<byte> payload)
    {
        if (payload.Length < LengthsSizeBytes)
        {
            throw Broken();
        }

        var hashed = BinaryPrimitives.ReadInt32LittleEndian(payload);
        var privately = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        payload = payload[LengthsSizeBytes..];
        if (hashed <= 0 || privately <= 0 || (long)hashed + privately > payload.Length)
        {
            throw Broken();
        }

        draft.Load(payload[..hashed], payload.Slice(hashed, privately));
        payload = payload[(hashed + privately)..];
    }

    private static IntegrityException Broken() => new(
        "A message of the journal is none of a version this program reads, or ends early.");
}

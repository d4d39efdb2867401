using System.Buffers.Binary;

namespace CimStore.Objects;

/// <summary>Makes UUIDv7 ids (RFC 9562, section 5.7) from an injected clock and injected chance.</summary>
public sealed class IdSource(TimeProvider time, Action<Span<byte>>? fillRandom = null)
{
    private readonly Action<Span<byte>> _fillRandom = fillRandom ?? RandomPool.Fill;

    public MessageId Next()
    {
        Span<byte> bytes = stackalloc byte[16];
        _fillRandom(bytes[6..]);
        var milliseconds = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(milliseconds >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)milliseconds);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new MessageId(new Guid(bytes, bigEndian: true));
    }
}

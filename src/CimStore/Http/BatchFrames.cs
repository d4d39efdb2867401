using System.Buffers;
using CimStore.Content;

namespace CimStore.Http;

/// <summary>
/// The framed bodies of <c>/api/v1/batch</c> (docs/http.md). An item to store is
/// <c>varint(CID length) CID varint(length) content</c>, the CID empty when none is expected. An item answered is
/// <c>varint(CID length) CID status varint(length) content</c>.
/// </summary>
public static class BatchFrames
{
    /// <summary>The content follows.</summary>
    public const byte Found = 0;

    /// <summary>Not found here; the length is 0.</summary>
    public const byte Absent = 1;

    /// <summary>No copy is right; the length is 0.</summary>
    public const byte Corrupt = 2;

    /// <summary>What stands before the content of an item.</summary>
    public static void WriteHead(IBufferWriter<byte> writer, Cid? cid, byte? status, long lengthBytes)
    {
        var size = cid?.ByteLength ?? 0;
        var span = writer.GetSpan(size + (2 * UnsignedVarint.SizeMax) + 1);
        var position = UnsignedVarint.Write(span, (ulong)size);
        position += cid?.WriteBytes(span[position..]) ?? 0;
        if (status is { } given)
        {
            span[position++] = given;
        }

        position += UnsignedVarint.Write(span[position..], (ulong)lengthBytes);
        writer.Advance(position);
    }

    /// <summary>Reads one head.</summary>
    /// <returns>False when more bytes are needed.</returns>
    /// <exception cref="FormatException">The bytes are no head, whatever follows.</exception>
    public static bool TryReadHead(ref SequenceReader<byte> reader, bool withStatus, out BatchHead head)
    {
        head = default;
        if (!TryReadVarint(ref reader, out var cidLength))
        {
            return false;
        }

        if (cidLength > Cid.ByteLengthMax)
        {
            throw new FormatException($"The CID has {cidLength} bytes; the limit is {Cid.ByteLengthMax}.");
        }

        Span<byte> bytes = stackalloc byte[Cid.ByteLengthMax];
        bytes = bytes[..(int)cidLength];
        byte status = 0;
        if (!reader.TryCopyTo(bytes))
        {
            return false;
        }

        reader.Advance((long)cidLength);
        if ((withStatus && !reader.TryRead(out status)) || !TryReadVarint(ref reader, out var length))
        {
            return false;
        }

        head = new BatchHead(ReadCid(bytes), status, checked((long)length));
        return true;
    }

    private static Cid? ReadCid(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return null;
        }

        if (!Cid.TryReadBytes(bytes, out var cid, out var consumed, out var reason))
        {
            throw new FormatException(reason);
        }

        return consumed == bytes.Length ? cid : throw new FormatException("Bytes follow the CID inside its frame.");
    }

    private static bool TryReadVarint(ref SequenceReader<byte> reader, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[UnsignedVarint.SizeMax];
        bytes = bytes[..(int)Math.Min(bytes.Length, reader.Remaining)];
        reader.TryCopyTo(bytes);
        var status = UnsignedVarint.Read(bytes, out value, out var consumed);
        if (status is not (OperationStatus.Done or OperationStatus.NeedMoreData))
        {
            throw new FormatException("A length is no varint in its shortest form.");
        }

        reader.Advance(status == OperationStatus.Done ? consumed : 0);
        return status == OperationStatus.Done;
    }
}

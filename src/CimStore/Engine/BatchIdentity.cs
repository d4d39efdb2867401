using System.Buffers.Binary;
using CimStore.Content;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// The identity of one item of a batch. A batch with a message id gives its items ids made from it and their position
/// (UUIDv8), caused by the batch: repeating the batch repeats each item.
/// </summary>
internal static class BatchIdentity
{
    public static CommandIdentity Of(CommandIdentity batch, int index)
    {
        if (batch.MessageId is not { } id)
        {
            return batch;
        }

        Span<byte> bytes = stackalloc byte[16 + sizeof(int)];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(bytes[16..], index);
        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(bytes, digest);
        digest[6] = (byte)((digest[6] & 0x0F) | 0x80);
        digest[8] = (byte)((digest[8] & 0x3F) | 0x80);
        return batch with
        {
            MessageId = new MessageId(new Guid(digest[..16], bigEndian: true)),
            CorrelationId = batch.CorrelationId ?? id,
            CausationId = id,
        };
    }
}

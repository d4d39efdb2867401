using System.Buffers.Binary;
using System.Text;
using CimStore.Content;

namespace CimStore.Nats.Locations;

/// <summary>
/// What a message of ours says of its own bytes: a range is proved without the rest. The first 16 bytes of the BLAKE3
/// of what it belongs to, its place there, and its bytes; so a chunk that stands in another's place is wrong too.
/// </summary>
internal static class ChunkCheck
{
    public const string Header = "cimstore-check";

    private const int SizeBytes = 16;

    public static string Of(string owner, int index, ReadOnlySpan<byte> bytes)
    {
        Span<byte> head = stackalloc byte[Encoding.UTF8.GetMaxByteCount(owner.Length) + sizeof(int)];
        var length = Encoding.UTF8.GetBytes(owner, head);
        BinaryPrimitives.WriteInt32LittleEndian(head[length..], index);
        var hasher = new Blake3Hasher();
        hasher.Update(head[..(length + sizeof(int))]);
        hasher.Update(bytes);
        Span<byte> hash = stackalloc byte[Blake3.HashSizeBytes];
        hasher.Finish(hash);
        return Convert.ToHexStringLower(hash[..SizeBytes]);
    }

    public static bool IsRight(BucketMessage message, string owner, int index) =>
        message.Headers.TryGetValue(Header, out var check) && check == Of(owner, index, message.Body.Span);
}

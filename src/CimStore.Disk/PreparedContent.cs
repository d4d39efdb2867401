using System.Buffers;
using CimStore.Disk.Catalog;
using CimStore.Disk.Large;
using CimStore.Journal;

namespace CimStore.Disk;

/// <summary>
/// What a record carries beside its entry: small content as its payload, or the id of a large file as its key.
/// </summary>
/// <param name="Rented">The buffer behind the payload when the caller's bytes were not in one piece.</param>
internal readonly record struct PreparedContent(
    byte Flags, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Payload, byte[]? Rented)
{
    public static PreparedContent From(AdmittedContent? content, int inlineSizeMaxBytes)
    {
        switch (content)
        {
            case null:
                return default;
            case AdmittedContent.Inline { Payload: var payload }:
                ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, inlineSizeMaxBytes, nameof(content));
                if (payload.IsSingleSegment)
                {
                    return new PreparedContent(RecordKinds.HasInline, default, payload.First, null);
                }

                var rented = ArrayPool<byte>.Shared.Rent((int)payload.Length);
                payload.CopyTo(rented);
                return new PreparedContent(
                    RecordKinds.HasInline, default, rented.AsMemory(0, (int)payload.Length), rented);
            case AdmittedContent.Staged { Content: StagedFile { IsSealed: true } file }:
                return new PreparedContent(RecordKinds.HasLarge, file.Id.ToByteArray(bigEndian: true), default, null);
            default:
                throw new ArgumentException("Only content staged and sealed here can be admitted.", nameof(content));
        }
    }
}

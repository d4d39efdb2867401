using System.Buffers;
using System.Numerics;

namespace CimStore.Content;

/// <summary>
/// The unsigned varint of multiformats: 7 bits per byte, least significant first, at most 9 bytes, shortest form only.
/// A value with two encodings would give one content two names, so the longer forms are refused.
/// </summary>
public static class UnsignedVarint
{
    public const int SizeMax = 9;

    /// <summary>2^63 - 1: what 9 bytes of 7 bits hold.</summary>
    public const ulong ValueMax = (1UL << 63) - 1;

    /// <returns>
    /// <see cref="OperationStatus.Done"/>, <see cref="OperationStatus.NeedMoreData"/> when the source ends inside the
    /// number, or <see cref="OperationStatus.InvalidData"/> when it is too long or not the shortest form.
    /// </returns>
    public static OperationStatus Read(ReadOnlySpan<byte> source, out ulong value, out int consumed)
    {
        value = 0;
        consumed = 0;
        for (var index = 0; index < source.Length && index < SizeMax; index++)
        {
            var octet = source[index];
            value |= (ulong)(octet & 0x7f) << (7 * index);
            if (octet >= 0x80)
            {
                continue;
            }

            if (octet == 0 && index > 0)
            {
                return OperationStatus.InvalidData;
            }

            consumed = index + 1;
            return OperationStatus.Done;
        }

        return source.Length < SizeMax ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
    }

    public static bool TryRead(ReadOnlySpan<byte> source, out ulong value, out int consumed) =>
        Read(source, out value, out consumed) == OperationStatus.Done;

    /// <returns>How many bytes were written.</returns>
    public static int Write(Span<byte> destination, ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ValueMax);

        var index = 0;
        while (value >= 0x80)
        {
            destination[index++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[index++] = (byte)value;
        return index;
    }

    public static int Size(ulong value) => value == 0 ? 1 : (BitOperations.Log2(value) / 7) + 1;
}

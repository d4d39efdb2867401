using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CimStore.Disk.Log;

/// <summary>
/// CRC-32C (Castagnoli), with the processor's instruction where there is one. That takes eight bytes at a time, each
/// behind the one before; where the processor multiplies without carry, in 128 to 512 bits, long input is first folded
/// into 64 bytes of the same remainder (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ",
/// 2009).
/// </summary>
internal static class Crc32C
{
    private const int BlockBytes = 64;
    private const int HalfBytes = BlockBytes / 2;
    private const int QuarterBytes = BlockBytes / 4;
    private const int StrideBytes = 4 * BlockBytes;
    private const int FoldedBytesMin = 2 * BlockBytes;

    // Bits are reflected: for a distance of d bits, x^(d+31) and x^(d-33) modulo the polynomial.
    private static Vector128<ulong> OverBlock => Vector128.Create(0x740E_EF02UL, 0x9E4A_DDF8);

    /// <summary>How many bits this processor multiplies without carry, or 0.</summary>
    internal static int ProductBits => Pclmulqdq.V512.IsSupported ? 512
        : Pclmulqdq.V256.IsSupported ? 256
        : Pclmulqdq.IsSupported ? 128 : 0;

    public static uint Of(ReadOnlySpan<byte> bytes) => Of(bytes, ProductBits);

    /// <param name="bytes">The input.</param>
    /// <param name="productBits">0, 128, 256 or 512, and no more than this processor has.</param>
    internal static uint Of(ReadOnlySpan<byte> bytes, int productBits)
    {
        if (productBits == 0 || bytes.Length < FoldedBytesMin)
        {
            return ~Add(uint.MaxValue, bytes);
        }

        Span<byte> folded = stackalloc byte[BlockBytes];
        var rest = productBits switch
        {
            128 => FoldByQuarters(bytes, folded),
            256 => FoldByHalves(bytes, folded),
            _ => Fold(bytes, folded),
        };
        return ~Add(Add(0, folded), rest);
    }

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return crc;
    }

    /// <param name="bytes">At least one block.</param>
    /// <param name="folded">A block with the remainder of all whole blocks, the initial value among them.</param>
    /// <returns>What is left, less than a block.</returns>
    private static ReadOnlySpan<byte> Fold(ReadOnlySpan<byte> bytes, Span<byte> folded)
    {
        var overBlock = Vector512.Create(OverBlock);
        var sum = Vector512.Create(bytes).AsUInt64() ^ Vector512.CreateScalar((ulong)uint.MaxValue);
        bytes = bytes[BlockBytes..];
        if (bytes.Length >= StrideBytes - BlockBytes)
        {
            sum = FoldStrides(sum, overBlock, ref bytes);
        }

        while (bytes.Length >= BlockBytes)
        {
            sum = Fold(sum, overBlock) ^ Vector512.Create(bytes).AsUInt64();
            bytes = bytes[BlockBytes..];
        }

        sum.AsByte().CopyTo(folded);
        return bytes;
    }

    /// <summary>Four blocks beside each other: a product takes eight cycles and another can begin in each.</summary>
    private static Vector512<ulong> FoldStrides(
        Vector512<ulong> first, Vector512<ulong> overBlock, ref ReadOnlySpan<byte> bytes)
    {
        var overStride = Vector512.Create(Vector128.Create(0xDCB1_7AA4UL, 0xB9E0_2B86));
        var second = Block(bytes, 0);
        var third = Block(bytes, 1);
        var fourth = Block(bytes, 2);
        var rest = bytes[(StrideBytes - BlockBytes)..];
        while (rest.Length >= StrideBytes)
        {
            first = Fold(first, overStride) ^ Block(rest, 0);
            second = Fold(second, overStride) ^ Block(rest, 1);
            third = Fold(third, overStride) ^ Block(rest, 2);
            fourth = Fold(fourth, overStride) ^ Block(rest, 3);
            rest = rest[StrideBytes..];
        }

        bytes = rest;
        second ^= Fold(first, overBlock);
        third ^= Fold(second, overBlock);
        return fourth ^ Fold(third, overBlock);
    }

    /// <summary>As the other, with the four quarters of a block beside each other.</summary>
    private static ReadOnlySpan<byte> FoldByQuarters(ReadOnlySpan<byte> bytes, Span<byte> folded)
    {
        var first = Quarter(bytes, 0) ^ Vector128.CreateScalar((ulong)uint.MaxValue);
        var second = Quarter(bytes, 1);
        var third = Quarter(bytes, 2);
        var fourth = Quarter(bytes, 3);
        bytes = bytes[BlockBytes..];
        while (bytes.Length >= BlockBytes)
        {
            first = Fold(first) ^ Quarter(bytes, 0);
            second = Fold(second) ^ Quarter(bytes, 1);
            third = Fold(third) ^ Quarter(bytes, 2);
            fourth = Fold(fourth) ^ Quarter(bytes, 3);
            bytes = bytes[BlockBytes..];
        }

        first.AsByte().CopyTo(folded);
        second.AsByte().CopyTo(folded[QuarterBytes..]);
        third.AsByte().CopyTo(folded[(2 * QuarterBytes)..]);
        fourth.AsByte().CopyTo(folded[(3 * QuarterBytes)..]);
        return bytes;
    }

    /// <summary>As the others, with the two halves of a block beside each other.</summary>
    private static ReadOnlySpan<byte> FoldByHalves(ReadOnlySpan<byte> bytes, Span<byte> folded)
    {
        var over = Vector256.Create(OverBlock, OverBlock);
        var low = Half(bytes, 0) ^ Vector256.CreateScalar((ulong)uint.MaxValue);
        var high = Half(bytes, 1);
        bytes = bytes[BlockBytes..];
        while (bytes.Length >= BlockBytes)
        {
            low = Fold(low, over) ^ Half(bytes, 0);
            high = Fold(high, over) ^ Half(bytes, 1);
            bytes = bytes[BlockBytes..];
        }

        low.AsByte().CopyTo(folded);
        high.AsByte().CopyTo(folded[HalfBytes..]);
        return bytes;
    }

    private static Vector256<ulong> Half(ReadOnlySpan<byte> bytes, int index) =>
        Vector256.Create(bytes[(index * HalfBytes)..]).AsUInt64();

    private static Vector256<ulong> Fold(Vector256<ulong> sum, Vector256<ulong> over) =>
        Pclmulqdq.V256.CarrylessMultiply(sum, over, 0x00) ^ Pclmulqdq.V256.CarrylessMultiply(sum, over, 0x11);

    private static Vector128<ulong> Quarter(ReadOnlySpan<byte> bytes, int index) =>
        Vector128.Create(bytes[(index * QuarterBytes)..]).AsUInt64();

    private static Vector128<ulong> Fold(Vector128<ulong> sum) =>
        Pclmulqdq.CarrylessMultiply(sum, OverBlock, 0x00) ^ Pclmulqdq.CarrylessMultiply(sum, OverBlock, 0x11);

    private static Vector512<ulong> Block(ReadOnlySpan<byte> bytes, int index) =>
        Vector512.Create(bytes[(index * BlockBytes)..]).AsUInt64();

    private static Vector512<ulong> Fold(Vector512<ulong> sum, Vector512<ulong> over) =>
        Pclmulqdq.V512.CarrylessMultiply(sum, over, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(sum, over, 0x11);
}

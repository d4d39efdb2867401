namespace CimStore.Locations;

/// <summary>
/// GF(2^8) by the polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11d): addition is exclusive or, 2 generates every element
/// but 0. What the vector paths need of a product is here for all 256 factors, 10 KiB together.
/// </summary>
internal static class GaloisField
{
    /// <summary>Of each factor: its products with 0..15, then those with 0, 16, ... 240.</summary>
    public const int NibbleBytes = 32;

    /// <summary>Of each factor: the matrix of bits that multiplies by it.</summary>
    public const int MatrixBytes = 8;

    private const int Polynomial = 0x11d;
    private const int Order = 255;

    private static readonly byte[] Logarithms = new byte[256];

    // Twice, so that the sum of two logarithms needs no remainder.
    private static readonly byte[] Powers = new byte[2 * Order];

    private static readonly byte[] NibbleTables = new byte[256 * NibbleBytes];

    private static readonly byte[] MatrixTables = new byte[256 * MatrixBytes];

    static GaloisField()
    {
        var power = 1;
        for (var exponent = 0; exponent < Order; exponent++)
        {
            Powers[exponent] = Powers[exponent + Order] = (byte)power;
            Logarithms[power] = (byte)exponent;
            power = power < 128 ? power << 1 : (power << 1) ^ Polynomial;
        }

        for (var factor = 0; factor < 256; factor++)
        {
            FillNibbles((byte)factor, NibbleTables.AsSpan(factor * NibbleBytes, NibbleBytes));
            FillMatrix((byte)factor, MatrixTables.AsSpan(factor * MatrixBytes, MatrixBytes));
        }
    }

    public static byte Multiply(byte left, byte right) =>
        left == 0 || right == 0 ? (byte)0 : Powers[Logarithms[left] + Logarithms[right]];

    /// <param name="dividend">Any element.</param>
    /// <param name="divisor">Not 0.</param>
    public static byte Divide(byte dividend, byte divisor) =>
        dividend == 0 ? (byte)0 : Powers[Logarithms[dividend] + Order - Logarithms[divisor]];

    public static ReadOnlySpan<byte> Nibbles(byte factor) =>
        NibbleTables.AsSpan(factor * NibbleBytes, NibbleBytes);

    public static ReadOnlySpan<byte> Matrix(byte factor) =>
        MatrixTables.AsSpan(factor * MatrixBytes, MatrixBytes);

    private static void FillNibbles(byte factor, Span<byte> table)
    {
        for (var nibble = 0; nibble < 16; nibble++)
        {
            table[nibble] = Multiply(factor, (byte)nibble);
            table[16 + nibble] = Multiply(factor, (byte)(nibble << 4));
        }
    }

    // The instruction makes bit i of a product from byte 7 - i of the matrix: the parity of what that byte and the
    // other factor have in common. Bit j of that byte therefore is bit i of the product with 2^j.
    private static void FillMatrix(byte factor, Span<byte> table)
    {
        for (var column = 0; column < 8; column++)
        {
            var product = Multiply(factor, (byte)(1 << column));
            for (var row = 0; row < 8; row++)
            {
                table[7 - row] |= (byte)(((product >> row) & 1) << column);
            }
        }
    }
}

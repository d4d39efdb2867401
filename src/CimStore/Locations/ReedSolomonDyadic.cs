using System.Runtime.CompilerServices;

namespace CimStore.Locations;

/// <summary>
/// Four outputs of a matrix that is made of dyadic squares: in each square of 4 x 4 factors the one at row r and column
/// c depends on r xor c only. So are the squares of the code's own matrix where k is a multiple of four, and so is what
/// restores four data shards from four parity shards, as the inverse of a dyadic matrix is dyadic. Such a square takes
/// 9 products where another takes 16: Karatsuba's way of multiplying, twice, for sums that are exclusive ors. With
/// blocks a and b of half the size, a x + b y = a (x + y) + (a + b) y, and b x + a y = a (x + y) + (a + b) x.
/// </summary>
internal static unsafe class ReedSolomonDyadic
{
    /// <summary>Rows and columns of a square.</summary>
    public const int Side = 4;

    /// <summary>Tables that a square is multiplied by.</summary>
    public const int TablesOfSquare = 4;

    // Bytes of a pass: inputs and outputs of so many stay in the first level of cache from one pass to the next.
    private const int ColumnBytes = 1 << 10;

    /// <summary>One half of a vector's bytes and of a table.</summary>
    private interface IHalf<TVector>
    {
        static abstract TVector Table(byte* table);

        static abstract TVector Load(byte* source);
    }

    /// <param name="factors">Row by row, of <see cref="Side"/> rows.</param>
    /// <param name="inputCount">Factors of a row.</param>
    public static bool Holds(ReadOnlySpan<byte> factors, int inputCount)
    {
        if (inputCount % Side != 0 || factors.Length != Side * inputCount)
        {
            return false;
        }

        for (var row = 1; row < Side; row++)
        {
            for (var input = 0; input < inputCount; input++)
            {
                if (factors[(row * inputCount) + input] != factors[input ^ row])
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Lays down <see cref="TablesOfSquare"/> tables for each square, in the order of the inputs.</summary>
    public static void Pack<TVector, TLanes>(ReadOnlySpan<byte> factors, int inputCount, Span<byte> tables)
        where TVector : unmanaged
        where TLanes : struct, IReedSolomonLanes<TVector>
    {
        for (var input = 0; input < inputCount; input += Side)
        {
            var (a, b, c, d) = (factors[input], factors[input + 1], factors[input + 2], factors[input + 3]);
            foreach (var factor in (ReadOnlySpan<byte>)[a, (byte)(a ^ b), (byte)(a ^ c), (byte)(a ^ b ^ c ^ d)])
            {
                TLanes.Table(factor).CopyTo(tables);
                tables = tables[TLanes.TableBytes..];
            }
        }
    }

    // The last column ends with the shard, over what was made before: the same bytes once more.
    public static void Run<TVector, TLanes>(
        byte** inputs, int inputCount, byte* tables, byte** outputs, nint start, nint end)
        where TVector : unmanaged
        where TLanes : struct, IReedSolomonLanes<TVector>
    {
        for (nint at = start, to; at < end; at = to)
        {
            at = Math.Min(at, end - TLanes.Count);
            to = at + (Math.Min(ColumnBytes, end - at) / TLanes.Count * TLanes.Count);
            var table = tables;
            for (var input = 0; input < inputCount; input += Side)
            {
                Square<TVector, TLanes, LowHalf<TVector, TLanes>>(inputs + input, table, outputs, at, to, input > 0);
                if (TLanes.HasHalves)
                {
                    Square<TVector, TLanes, HighHalf<TVector, TLanes>>(inputs + input, table, outputs, at, to, true);
                }

                table += TablesOfSquare * TLanes.TableBytes;
            }
        }
    }

    /// <summary>
    /// Multiplies one half of each byte by one square, so that all tables stay in registers over a whole column.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Square<TVector, TLanes, THalf>(
        byte** inputs, byte* tables, byte** outputs, nint start, nint end, bool adds)
        where TVector : unmanaged
        where TLanes : struct, IReedSolomonLanes<TVector>
        where THalf : struct, IHalf<TVector>
    {
        var (first, both) = (THalf.Table(tables), THalf.Table(tables + TLanes.TableBytes));
        var cross = THalf.Table(tables + (2 * TLanes.TableBytes));
        var all = THalf.Table(tables + (3 * TLanes.TableBytes));
        byte* in0 = inputs[0], in1 = inputs[1], in2 = inputs[2], in3 = inputs[3];
        byte* out0 = outputs[0], out1 = outputs[1], out2 = outputs[2], out3 = outputs[3];
        for (var at = start; at < end; at += TLanes.Count)
        {
            var x0 = THalf.Load(in0 + at);
            var x1 = THalf.Load(in1 + at);
            var x2 = THalf.Load(in2 + at);
            var x3 = THalf.Load(in3 + at);

            // Lower and upper half of the inputs by the sum of the blocks, then their sum by the first block.
            var lower = TLanes.Multiply(cross, TLanes.Add(x0, x1));
            var upper = TLanes.Multiply(cross, TLanes.Add(x2, x3));
            var y0 = TLanes.Add(upper, TLanes.Multiply(all, x3));
            var y1 = TLanes.Add(upper, TLanes.Multiply(all, x2));
            var y2 = TLanes.Add(lower, TLanes.Multiply(all, x1));
            var y3 = TLanes.Add(lower, TLanes.Multiply(all, x0));
            var even = TLanes.Add(x0, x2);
            var odd = TLanes.Add(x1, x3);
            var sum = TLanes.Multiply(first, TLanes.Add(even, odd));
            odd = TLanes.Add(sum, TLanes.Multiply(both, odd));
            even = TLanes.Add(sum, TLanes.Multiply(both, even));
            y0 = TLanes.Add(y0, odd);
            y1 = TLanes.Add(y1, even);
            y2 = TLanes.Add(y2, odd);
            y3 = TLanes.Add(y3, even);
            if (adds)
            {
                y0 = TLanes.Add(y0, TLanes.Load(out0 + at));
                y1 = TLanes.Add(y1, TLanes.Load(out1 + at));
                y2 = TLanes.Add(y2, TLanes.Load(out2 + at));
                y3 = TLanes.Add(y3, TLanes.Load(out3 + at));
            }

            TLanes.Store(y0, out0 + at);
            TLanes.Store(y1, out1 + at);
            TLanes.Store(y2, out2 + at);
            TLanes.Store(y3, out3 + at);
        }
    }

    private readonly struct LowHalf<TVector, TLanes> : IHalf<TVector>
        where TVector : unmanaged
        where TLanes : struct, IReedSolomonLanes<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Table(byte* table) => TLanes.LowTable(table);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(byte* source) => TLanes.Low(TLanes.Load(source));
    }

    private readonly struct HighHalf<TVector, TLanes> : IHalf<TVector>
        where TVector : unmanaged
        where TLanes : struct, IReedSolomonLanes<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Table(byte* table) => TLanes.HighTable(table);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(byte* source) => TLanes.High(TLanes.Load(source));
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CimStore.Locations;

/// <summary>
/// Multiplies shards by a matrix of factors: each output is the sum of all inputs, each times the factor at the
/// output's row and the input's column. Outputs and inputs must not overlap.
/// </summary>
internal static unsafe class ReedSolomonKernel
{
    // Outputs that one pass over the inputs makes: two vectors of each stay in registers.
    private const int RowsMax = 4;

    // Of more outputs several passes are made, over so many bytes of inputs and outputs that they stay in the first
    // level of cache from one pass to the next.
    private const int ColumnsBytes = 24 << 10;

    private interface IRowCount
    {
        static abstract int Value { get; }
    }

    public static int TableBytesOf(ReedSolomonPath path) => path switch
    {
        ReedSolomonPath.Scalar => 0,
        ReedSolomonPath.Vector128 or ReedSolomonPath.Avx2 => GaloisField.NibbleBytes,
        _ => GaloisField.MatrixBytes,
    };

    /// <summary>Lays the factors' tables down in the order in which the passes read them.</summary>
    /// <param name="path">The path that will read them.</param>
    /// <param name="factors">Row by row.</param>
    /// <param name="inputCount">Factors of a row.</param>
    /// <param name="tables">As many times <see cref="TableBytesOf"/> as there are factors.</param>
    public static void Pack(ReedSolomonPath path, ReadOnlySpan<byte> factors, int inputCount, Span<byte> tables)
    {
        switch (path)
        {
            case ReedSolomonPath.Scalar:
                break;
            case ReedSolomonPath.Vector128 or ReedSolomonPath.Avx2:
                Pack<Vector128<byte>, ReedSolomonNibbles16>(factors, inputCount, tables);
                break;
            default:
                Pack<Vector256<byte>, ReedSolomonMatrices32>(factors, inputCount, tables);
                break;
        }
    }

    /// <param name="path">One this machine has.</param>
    /// <param name="factors">Row by row.</param>
    /// <param name="tables">What <see cref="Pack(ReedSolomonPath, ReadOnlySpan{byte}, int, Span{byte})"/> made.</param>
    /// <param name="inputs">One pointer for each column.</param>
    /// <param name="outputs">One pointer for each row.</param>
    /// <param name="sizeBytes">Of each input and output.</param>
    public static void Run(
        ReedSolomonPath path,
        ReadOnlySpan<byte> factors,
        byte* tables,
        ReadOnlySpan<nint> inputs,
        ReadOnlySpan<nint> outputs,
        int sizeBytes)
    {
        switch (path)
        {
            case ReedSolomonPath.Gfni512:
                Run<Vector512<byte>, ReedSolomonMatrices64>(factors, tables, inputs, outputs, sizeBytes);
                break;
            case ReedSolomonPath.Gfni256:
                Run<Vector256<byte>, ReedSolomonMatrices32>(factors, tables, inputs, outputs, sizeBytes);
                break;
            case ReedSolomonPath.Avx2:
                Run<Vector256<byte>, ReedSolomonNibbles32>(factors, tables, inputs, outputs, sizeBytes);
                break;
            case ReedSolomonPath.Vector128:
                Run<Vector128<byte>, ReedSolomonNibbles16>(factors, tables, inputs, outputs, sizeBytes);
                break;
            default:
                RunScalar(factors, inputs, outputs, sizeBytes);
                break;
        }
    }

    internal static void Pack<TVector, TLanes>(ReadOnlySpan<byte> factors, int inputCount, Span<byte> tables)
        where TVector : unmanaged
        where TLanes : struct, IReedSolomonLanes<TVector>
    {
        var outputCount = factors.Length / inputCount;
        for (var first = 0; first < outputCount; first += RowsMax)
        {
            var rows = Rows(factors, inputCount, first, outputCount);
            if (ReedSolomonDyadic.Holds(rows, inputCount))
            {
                ReedSolomonDyadic.Pack<TVector, TLanes>(rows, inputCount, tables);
                tables = tables[(rows.Length * TLanes.TableBytes)..];
                continue;
            }

            for (var input = 0; input < inputCount; input++)
            {
                for (var factor = input; factor < rows.Length; factor += inputCount)
                {
                    TLanes.Table(rows[factor]).CopyTo(tables);
                    tables = tables[TLanes.TableBytes..];
                }
            }
        }
    }

    internal static void Run<TVector, TLanes>(
        ReadOnlySpan<byte> factors,
        byte* tables,
        ReadOnlySpan<nint> inputs,
        ReadOnlySpan<nint> outputs,
        int sizeBytes)
        where TVector : unmanaged
        where TLanes : struct, IReedSolomonLanes<TVector>
    {
        var step = 2 * TLanes.Count;
        if (sizeBytes < step)
        {
            RunScalar(factors, inputs, outputs, sizeBytes);
            return;
        }

        fixed (nint* sources = inputs)
        fixed (nint* targets = outputs)
        {
            var column = outputs.Length <= RowsMax
                ? sizeBytes
                : Math.Max(4 * step, ColumnsBytes / (inputs.Length + RowsMax) / step * step);
            for (var start = 0; start < sizeBytes; start += column)
            {
                var end = Math.Min(sizeBytes, start + column);
                for (var row = 0; row < outputs.Length; row += RowsMax)
                {
                    Pass<TVector, TLanes>(
                        Rows(factors, inputs.Length, row, outputs.Length),
                        (byte**)sources,
                        inputs.Length,
                        tables + ((nint)row * inputs.Length * TLanes.TableBytes),
                        (byte**)targets + row,
                        start,
                        end);
                }
            }
        }
    }

    /// <summary>The factors of the outputs that one pass makes.</summary>
    private static ReadOnlySpan<byte> Rows(ReadOnlySpan<byte> factors, int inputCount, int first, int outputCount) =>
        factors[(first * inputCount)..(Math.Min(first + RowsMax, outputCount) * inputCount)];

    private static void Pass<TVector, TLanes>(
        ReadOnlySpan<byte> rows, byte** inputs, int inputCount, byte* tables, byte** outputs, nint start, nint end)
        where TVector : unmanaged
        where TLanes : struct, IReedSolomonLanes<TVector>
    {
        if (ReedSolomonDyadic.Holds(rows, inputCount))
        {
            ReedSolomonDyadic.Run<TVector, TLanes>(inputs, inputCount, tables, outputs, start, end);
            return;
        }

        switch (rows.Length / inputCount)
        {
            case 1:
                Pass<TVector, TLanes, One>(inputs, inputCount, tables, outputs, start, end);
                break;
            case 2:
                Pass<TVector, TLanes, Two>(inputs, inputCount, tables, outputs, start, end);
                break;
            case 3:
                Pass<TVector, TLanes, Three>(inputs, inputCount, tables, outputs, start, end);
                break;
            default:
                Pass<TVector, TLanes, Four>(inputs, inputCount, tables, outputs, start, end);
                break;
        }
    }

    // The last step is laid so that it ends with the column, over what was made before: the same bytes once more.
    // It may begin before the column does, never before the shard: that is at least one step long.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pass<TVector, TLanes, TRows>(
        byte** inputs, int inputCount, byte* tables, byte** outputs, nint start, nint end)
        where TVector : unmanaged
        where TLanes : struct, IReedSolomonLanes<TVector>
        where TRows : struct, IRowCount
    {
        for (var at = start; at < end; at += 2 * TLanes.Count)
        {
            at = Math.Min(at, end - (2 * TLanes.Count));
            TVector a0 = default, a1 = default, a2 = default, a3 = default;
            TVector b0 = default, b1 = default, b2 = default, b3 = default;
            var table = tables;
            for (var input = 0; input < inputCount; input++)
            {
                var source = inputs[input] + at;
                var a = TLanes.Load(source);
                var b = TLanes.Load(source + TLanes.Count);
                var aLow = TLanes.Low(a);
                var aHigh = TLanes.High(a);
                var bLow = TLanes.Low(b);
                var bHigh = TLanes.High(b);

                var low = TLanes.LowTable(table);
                var high = TLanes.HighTable(table);
                a0 = MultiplyAdd<TVector, TLanes>(a0, aLow, aHigh, low, high);
                b0 = MultiplyAdd<TVector, TLanes>(b0, bLow, bHigh, low, high);
                if (TRows.Value > 1)
                {
                    low = TLanes.LowTable(table + TLanes.TableBytes);
                    high = TLanes.HighTable(table + TLanes.TableBytes);
                    a1 = MultiplyAdd<TVector, TLanes>(a1, aLow, aHigh, low, high);
                    b1 = MultiplyAdd<TVector, TLanes>(b1, bLow, bHigh, low, high);
                }

                if (TRows.Value > 2)
                {
                    low = TLanes.LowTable(table + (2 * TLanes.TableBytes));
                    high = TLanes.HighTable(table + (2 * TLanes.TableBytes));
                    a2 = MultiplyAdd<TVector, TLanes>(a2, aLow, aHigh, low, high);
                    b2 = MultiplyAdd<TVector, TLanes>(b2, bLow, bHigh, low, high);
                }

                if (TRows.Value > 3)
                {
                    low = TLanes.LowTable(table + (3 * TLanes.TableBytes));
                    high = TLanes.HighTable(table + (3 * TLanes.TableBytes));
                    a3 = MultiplyAdd<TVector, TLanes>(a3, aLow, aHigh, low, high);
                    b3 = MultiplyAdd<TVector, TLanes>(b3, bLow, bHigh, low, high);
                }

                table += TRows.Value * TLanes.TableBytes;
            }

            Store<TVector, TLanes>(a0, b0, outputs[0] + at);
            if (TRows.Value > 1)
            {
                Store<TVector, TLanes>(a1, b1, outputs[1] + at);
            }

            if (TRows.Value > 2)
            {
                Store<TVector, TLanes>(a2, b2, outputs[2] + at);
            }

            if (TRows.Value > 3)
            {
                Store<TVector, TLanes>(a3, b3, outputs[3] + at);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector MultiplyAdd<TVector, TLanes>(
        TVector sum, TVector low, TVector high, TVector lowTable, TVector highTable)
        where TVector : unmanaged
        where TLanes : struct, IReedSolomonLanes<TVector>
    {
        sum = TLanes.Add(sum, TLanes.Multiply(lowTable, low));
        return TLanes.HasHalves ? TLanes.Add(sum, TLanes.Multiply(highTable, high)) : sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TVector, TLanes>(TVector a, TVector b, byte* target)
        where TVector : unmanaged
        where TLanes : struct, IReedSolomonLanes<TVector>
    {
        TLanes.Store(a, target);
        TLanes.Store(b, target + TLanes.Count);
    }

    private static void RunScalar(
        ReadOnlySpan<byte> factors, ReadOnlySpan<nint> inputs, ReadOnlySpan<nint> outputs, int sizeBytes)
    {
        for (var output = 0; output < outputs.Length; output++)
        {
            var sum = new Span<byte>((byte*)outputs[output], sizeBytes);
            sum.Clear();
            for (var input = 0; input < inputs.Length; input++)
            {
                var table = GaloisField.Nibbles(factors[(output * inputs.Length) + input]);
                var source = new ReadOnlySpan<byte>((byte*)inputs[input], sizeBytes);
                for (var index = 0; index < sum.Length; index++)
                {
                    sum[index] ^= (byte)(table[source[index] & 15] ^ table[16 + (source[index] >> 4)]);
                }
            }
        }
    }

    private readonly struct One : IRowCount
    {
        public static int Value => 1;
    }

    private readonly struct Two : IRowCount
    {
        public static int Value => 2;
    }

    private readonly struct Three : IRowCount
    {
        public static int Value => 3;
    }

    private readonly struct Four : IRowCount
    {
        public static int Value => 4;
    }
}

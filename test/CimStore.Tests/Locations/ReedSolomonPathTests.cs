using System.Numerics;
using System.Runtime.Intrinsics;
using CimStore.Locations;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Locations;

/// <summary>Every path against the scalar one, which vectors and the formula hold.</summary>
public sealed unsafe class ReedSolomonPathTests
{
    // Around one and two vectors of 16, 32 and 64 bytes, and beyond.
    private static readonly int[] Edges =
        [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 191, 255, 256, 257, 1023, 4097, 65536, 65537];

    private static readonly Gen<int> Size =
        Gen.OneOf(Gen.Int[0, 300], Gen.Int[0, 20_000], Gen.Int[0, Edges.Length - 1].Select(index => Edges[index]));

    [Fact]
    public void The_best_path_is_available() => Assert.Contains(ReedSolomonPaths.Best, ReedSolomonPaths.Available);

    [Fact]
    public void All_paths_agree_at_the_edges()
    {
        foreach (var size in Edges)
        {
            foreach (var parity in (int[])[1, 2, 3, 4, 5, 9])
            {
                var expected = new Stripe(new ReedSolomon(4, parity, ReedSolomonPath.Scalar), size, 5, size).Encode();
                foreach (var path in ReedSolomonPaths.Available)
                {
                    var encoded = new Stripe(new ReedSolomon(4, parity, path), size, 5, size).Encode();

                    Assert.Equal(expected.All, encoded.All);
                }
            }
        }
    }

    [Fact]
    public void All_paths_agree_on_random_stripes() =>
        Gen.Select(Gen.Int[1, 30], Gen.Int[0, 20], Size, Gen.Int[0, 70], Gen.Int).Sample(
            (data, parity, size, gap, seed) =>
            {
                var random = new Random(seed);
                var isPresent = new bool[data + parity];
                isPresent.AsSpan(0, data).Fill(true);
                random.Shuffle(isPresent);
                var isWanted = isPresent.Select(_ => random.Next(3) > 0).ToArray();
                var expected = Both(ReedSolomonPath.Scalar);
                return ReedSolomonPaths.Available.All(path => Both(path).All.SequenceEqual(expected.All));

                Stripe Both(ReedSolomonPath path) => new Stripe(new ReedSolomon(data, parity, path), size, gap, seed)
                    .Encode().Restore(isPresent, isWanted);
            },
            iter: 60);

    [Fact]
    public void Squares_are_dyadic_where_k_is_a_multiple_of_four_and_when_all_of_four_are_lost()
    {
        foreach (var (data, parity) in ((int, int)[])[(4, 4), (8, 4), (8, 9), (12, 4), (16, 8)])
        {
            Assert.True(ReedSolomonDyadic.Holds(FirstRows(data, parity), data), $"{data}+{parity}");
        }

        Assert.False(ReedSolomonDyadic.Holds(FirstRows(4, 3), 4));
        Assert.False(ReedSolomonDyadic.Holds(FirstRows(5, 4), 5));
        Assert.False(ReedSolomonDyadic.Holds(FirstRows(6, 4), 6));
        var almost = FirstRows(8, 4);
        almost[^1]++;
        Assert.False(ReedSolomonDyadic.Holds(almost, 8));
    }

    /// <summary>Shapes that take the short way, whole and in part, at sizes around vectors and columns.</summary>
    [Fact]
    public void All_paths_agree_on_dyadic_squares()
    {
        foreach (var size in (int[])[.. Edges, 1022, 1024, 1055, 1056, 1057, 2048, 2079, 3000])
        {
            foreach (var (data, parity) in ((int, int)[])[(4, 4), (4, 8), (8, 4), (8, 7), (12, 4)])
            {
                var isPresent = Enumerable.Range(0, data + parity).Select(shard => shard >= parity).ToArray();
                var isWanted = isPresent.Select(static present => !present).ToArray();
                var expected = Both(ReedSolomonPath.Scalar);
                foreach (var path in ReedSolomonPaths.Available)
                {
                    Assert.Equal(expected.All, Both(path).All);
                }

                Stripe Both(ReedSolomonPath path) => new Stripe(new ReedSolomon(data, parity, path), size, 7, size)
                    .Encode().Restore(isPresent, isWanted);
            }
        }
    }

    /// <summary>Holds the kernel and the matrices of bits where no processor has the instruction.</summary>
    [Fact]
    public void Matrices_of_bits_give_the_same_bytes_by_the_instructions_definition() =>
        Gen.Select(Gen.Int[1, 10], Gen.Int[1, 9], Gen.Int[128, 700], Gen.Bool, Gen.Int).Sample(
            (inputCount, outputCount, size, isOwn, seed) =>
            {
                var factors = Rows(inputCount, outputCount);
                if (!isOwn)
                {
                    new Random(seed).NextBytes(factors);
                }

                var bytes = new byte[(inputCount + (2 * outputCount)) * size];
                new Random(seed + 1).NextBytes(bytes);
                var tables = new byte[factors.Length * DefinedMatrices64.TableBytes];
                ReedSolomonKernel.Pack<Vector512<byte>, DefinedMatrices64>(factors, inputCount, tables);
                fixed (byte* start = bytes)
                fixed (byte* table = tables)
                {
                    var all = new nint[inputCount + (2 * outputCount)];
                    for (var index = 0; index < all.Length; index++)
                    {
                        all[index] = (nint)start + (index * size);
                    }

                    var inputs = all.AsSpan(0, inputCount);
                    var expected = all.AsSpan(inputCount, outputCount);
                    var made = all.AsSpan(inputCount + outputCount);
                    ReedSolomonKernel.Run(ReedSolomonPath.Scalar, factors, null, inputs, expected, size);

                    ReedSolomonKernel.Run<Vector512<byte>, DefinedMatrices64>(factors, table, inputs, made, size);
                }

                var outputs = bytes.AsSpan(inputCount * size);
                return outputs[..(outputCount * size)].SequenceEqual(outputs[(outputCount * size)..]);
            },
            iter: 120);

    private static byte[] FirstRows(int data, int parity) => Rows(data, Math.Min(parity, ReedSolomonDyadic.Side));

    private static byte[] Rows(int data, int parity) =>
    [
        .. Enumerable.Range(data, parity)
            .SelectMany(row => Enumerable.Range(0, data).Select(column => GaloisField.Divide(1, (byte)(row ^ column)))),
    ];

    /// <summary>GF2P8AFFINEQB as Intel's manual defines it, one bit at a time.</summary>
    private readonly struct DefinedMatrices64 : IReedSolomonLanes<Vector512<byte>>
    {
        public static int Count => ReedSolomonMatrices64.Count;

        public static int TableBytes => ReedSolomonMatrices64.TableBytes;

        public static bool HasHalves => ReedSolomonMatrices64.HasHalves;

        public static ReadOnlySpan<byte> Table(byte factor) => ReedSolomonMatrices64.Table(factor);

        public static Vector512<byte> LowTable(byte* table) => ReedSolomonMatrices64.LowTable(table);

        public static Vector512<byte> HighTable(byte* table) => ReedSolomonMatrices64.HighTable(table);

        public static Vector512<byte> Load(byte* source) => ReedSolomonMatrices64.Load(source);

        public static Vector512<byte> Low(Vector512<byte> value) => ReedSolomonMatrices64.Low(value);

        public static Vector512<byte> High(Vector512<byte> value) => ReedSolomonMatrices64.High(value);

        public static Vector512<byte> Add(Vector512<byte> left, Vector512<byte> right) => left ^ right;

        public static Vector512<byte> Multiply(Vector512<byte> table, Vector512<byte> value)
        {
            Span<byte> result = stackalloc byte[64];
            for (var index = 0; index < 64; index++)
            {
                var matrix = table.AsUInt64()[index / 8];
                for (var bit = 0; bit < 8; bit++)
                {
                    var row = (byte)(matrix >> (8 * (7 - bit)));
                    result[index] |= (byte)((BitOperations.PopCount((uint)(row & value[index])) & 1) << bit);
                }
            }

            return Vector512.Create<byte>(result);
        }

        public static void Store(Vector512<byte> value, byte* target) => ReedSolomonMatrices64.Store(value, target);
    }
}

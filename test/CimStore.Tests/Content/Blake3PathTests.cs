using System.Text;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>Every path against the scalar one, which the official vectors hold.</summary>
public sealed class Blake3PathTests
{
    // Around every change of kernel: blocks, chunks, 4, 8 and 16 lanes, 256 chunks, and beyond.
    private static readonly int[] Edges =
    [
        0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 3072, 4096, 4097, 5120, 8192, 8193, 9216, 15360, 16384, 16385,
        17408, 32768, 65536, 131073, 262143, 262144, 262145, 263168, 524288, 524289, 1048576 + 17,
    ];

    private static readonly Blake3Path[] Fast = [.. Blake3Paths.Available.Where(path => path != Blake3Path.Scalar)];

    private static readonly Gen<int> Edge = Gen.Int[0, Edges.Length - 1].Select(index => Edges[index]);

    private static readonly Gen<int> Length = Gen.OneOf(Gen.Int[0, 70_000], Gen.Int[0, 3 * 262_144], Edge);

    private static readonly Gen<int> Small = Gen.OneOf(Gen.Int[0, 3000], Gen.Int[0, 20_000]);

    [Fact]
    public void The_best_path_is_available() => Assert.Contains(Blake3Paths.Best, Blake3Paths.Available);

    [Fact]
    public void All_paths_agree_at_the_edges()
    {
        foreach (var length in Edges)
        {
            var content = Blake3Cases.Random(length, length);
            var expected = Blake3Cases.Hash(Blake3Path.Scalar, content);
            foreach (var path in Fast)
            {
                Assert.Equal(expected, Blake3Cases.Hash(path, content));
            }
        }
    }

    [Fact]
    public void All_paths_agree_on_random_contents() =>
        Gen.Select(Length, Gen.Int, Gen.Int[1, 200], Gen.Int[0, 2]).Sample(
            (length, seed, outputSize, mode) =>
            {
                var content = Blake3Cases.Random(length, seed);
                var expected = Blake3Cases.Hash(Mode(mode, Blake3Path.Scalar), content, outputSize);
                return Fast.All(path =>
                    Blake3Cases.Hash(Mode(mode, path), content, outputSize).AsSpan().SequenceEqual(expected));
            },
            iter: 60);

    [Fact]
    public void Updates_of_any_sizes_give_the_hash_of_the_whole() =>
        Gen.Select(Length, Gen.Int, Gen.Int[1, 40_000].Array[1, 8]).Sample(
            (length, seed, steps) =>
            {
                var content = Blake3Cases.Random(length, seed);
                var expected = Blake3Cases.Hash(Blake3Paths.Best, content);
                return Blake3Paths.Available.All(path =>
                    Stream(path, content, steps).AsSpan().SequenceEqual(expected));
            },
            iter: 30);

    [Fact]
    public void A_hasher_can_be_asked_in_between_and_used_again()
    {
        var content = Blake3Cases.Random(400_000, 7);
        var hasher = new Blake3Hasher();
        for (var round = 0; round < 2; round++)
        {
            for (var length = 0; length < content.Length; length += 20_000)
            {
                var digest = new byte[32];

                hasher.Finish(digest);

                Assert.Equal(length, hasher.Length);
                Assert.Equal(Blake3Cases.Hash(Blake3Paths.Best, content.AsSpan(0, length)), digest);
                hasher.Update(content.AsSpan(length, 20_000));
            }

            hasher.Reset();
        }
    }

    [Fact]
    public void Many_contents_hash_as_each_alone() =>
        Gen.Select(Small.Array[0, 60], Edge, Gen.Int).Sample(
            (small, edge, seed) =>
            {
                int[] sizes = [edge, .. small];
                var all = Blake3Cases.Random(sizes.Sum(), seed);
                var expected = HashEach(all, sizes);
                return Blake3Paths.Available.All(path =>
                {
                    var digests = new byte[32 * sizes.Length];
                    Blake3.HashMany(Blake3Mode.Plain(path), all, sizes, digests);
                    return digests.AsSpan().SequenceEqual(expected);
                });
            },
            iter: 25);

    [Fact]
    public void Many_contents_that_lie_apart_hash_as_each_alone()
    {
        int[] sizes = [.. Enumerable.Range(0, 600).Select(index => (index * 37) % 5000)];
        var all = Blake3Cases.Random(sizes.Sum(), 3);
        var contents = new ReadOnlyMemory<byte>[sizes.Length];
        for (int index = 0, offset = 0; index < sizes.Length; offset += sizes[index++])
        {
            contents[index] = all.AsMemory(offset, sizes[index]);
        }

        var digests = new byte[32 * sizes.Length];

        Blake3.HashMany(contents, digests);

        Assert.Equal(HashEach(all, sizes), digests);
    }

    [Fact]
    public void Sizes_that_exceed_the_contents_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake3.HashMany(new byte[10], [5, 6], new byte[64]));
        Assert.Throws<ArgumentException>(() => Blake3.HashMany(new byte[10], [5, 5], new byte[63]));
        Assert.Throws<ArgumentException>(() => Blake3.KeyedHash(new byte[31], [], new byte[32]));
    }

    private static Blake3Mode Mode(int mode, Blake3Path path) => mode switch
    {
        0 => Blake3Mode.Plain(path),
        1 => Blake3Mode.Keyed(Encoding.ASCII.GetBytes(Blake3Cases.Key), path),
        _ => Blake3Mode.DeriveKey(Blake3Cases.Context, path),
    };

    private static byte[] Stream(Blake3Path path, ReadOnlySpan<byte> content, int[] steps)
    {
        var hasher = new Blake3Hasher(Blake3Mode.Plain(path), null);
        for (var step = 0; !content.IsEmpty; step++)
        {
            var size = Math.Min(content.Length, steps[step % steps.Length]);
            hasher.Update(content[..size]);
            content = content[size..];
        }

        var digest = new byte[32];
        hasher.Finish(digest);
        return digest;
    }

    private static byte[] HashEach(ReadOnlySpan<byte> all, int[] sizes)
    {
        var digests = new byte[32 * sizes.Length];
        for (var index = 0; index < sizes.Length; index++)
        {
            Blake3.Hash(all[..sizes[index]], digests.AsSpan(32 * index, 32));
            all = all[sizes[index]..];
        }

        return digests;
    }
}

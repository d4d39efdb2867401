using System.Text;
using CimStore.Content;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>The official vectors: 35 lengths in 3 modes with 131 output bytes each, on every path.</summary>
public sealed class Blake3VectorTests
{
    private static readonly byte[] Key = Encoding.ASCII.GetBytes(Blake3Cases.Key);

    public static TheoryData<string> Paths => [.. Blake3Paths.Available.Select(path => path.ToString())];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_vector_comes_out_in_one_call(string pathName)
    {
        var path = Enum.Parse<Blake3Path>(pathName);
        var vectors = Blake3Cases.ReadVectors();

        Assert.Equal(35, vectors.Count);
        foreach (var vector in vectors)
        {
            var content = Blake3Cases.Pattern(vector.Length);
            Check(vector, (mode, size) => Blake3Cases.Hash(mode, content, size), path);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_vector_comes_out_of_updates_of_any_size(string pathName)
    {
        var path = Enum.Parse<Blake3Path>(pathName);
        int[] steps = [1, 63, 64, 65, 1023, 1025, 4096, 16383, 16384, 16385, 65536];

        foreach (var vector in Blake3Cases.ReadVectors())
        {
            var content = Blake3Cases.Pattern(vector.Length);
            foreach (var step in steps.Where(step => step > 1 || vector.Length < 10_000))
            {
                Check(vector, (mode, size) => HashInSteps(mode, content, step, size), path);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Output_can_begin_anywhere(string pathName)
    {
        var path = Enum.Parse<Blake3Path>(pathName);
        foreach (var vector in Blake3Cases.ReadVectors())
        {
            var hasher = new Blake3Hasher(Blake3Mode.Plain(path), null);
            hasher.Update(Blake3Cases.Pattern(vector.Length));
            for (var offset = 0; offset < vector.Hash.Length; offset += 13)
            {
                var output = new byte[vector.Hash.Length - offset];

                hasher.Finish(output, (ulong)offset);

                Assert.Equal(vector.Hash[offset..], output);
            }
        }
    }

    private static void Check(Blake3Vector vector, Func<Blake3Mode, int, byte[]> hash, Blake3Path path)
    {
        foreach (var size in (int[])[32, vector.Hash.Length])
        {
            Assert.Equal(vector.Hash[..size], hash(Blake3Mode.Plain(path), size));
            Assert.Equal(vector.KeyedHash[..size], hash(Blake3Mode.Keyed(Key, path), size));
            Assert.Equal(vector.DeriveKey[..size], hash(Blake3Mode.DeriveKey(Blake3Cases.Context, path), size));
        }
    }

    private static byte[] HashInSteps(in Blake3Mode mode, ReadOnlySpan<byte> content, int step, int size)
    {
        var hasher = new Blake3Hasher(mode, null);
        while (!content.IsEmpty)
        {
            var now = Math.Min(step, content.Length);
            hasher.Update(content[..now]);
            content = content[now..];
        }

        var output = new byte[size];
        hasher.Finish(output);
        return output;
    }
}

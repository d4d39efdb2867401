using System.Numerics;
using CimStore.Locations;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Locations;

public sealed class ReedSolomonTests
{
    /// <summary>What docs/formats/reed-solomon.md says, by a way of its own: bit by bit, and by trial.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 4)]
    [InlineData(10, 4)]
    [InlineData(128, 127)]
    [InlineData(254, 1)]
    [InlineData(1, 254)]
    public void Parity_is_the_sum_of_data_over_the_distance_of_their_indexes(int data, int parity)
    {
        var stripe = new Stripe(new ReedSolomon(data, parity), shardBytes: 3, gapBytes: 0, seed: data).Encode();

        for (var shard = data; shard < data + parity; shard++)
        {
            var sums = new byte[3];
            for (var source = 0; source < data; source++)
            {
                var factor = Inverse(shard ^ source);
                for (var index = 0; index < 3; index++)
                {
                    sums[index] ^= (byte)Product(stripe[source][index], factor);
                }
            }

            Assert.Equal(sums, stripe[shard]);
        }
    }

    /// <summary>Made by ISA-L 2.30 with gf_gen_cauchy1_matrix.</summary>
    [Theory]
    [InlineData(4, 4, "01000000", "47a77aba")]
    [InlineData(4, 4, "00010000", "a747ba7a")]
    [InlineData(4, 4, "c1e8d4cc", "0737ca94")]
    public void The_parity_of_a_byte_each_is_known(int data, int parity, string dataBytes, string parityBytes)
    {
        byte[] stripe = [.. Convert.FromHexString(dataBytes), .. new byte[parity]];

        new ReedSolomon(data, parity).Encode(stripe, 1, 1);

        Assert.Equal(parityBytes, Convert.ToHexStringLower(stripe.AsSpan(data)));
    }

    [Fact]
    public void Any_four_of_four_and_four_give_back_the_others()
    {
        foreach (var path in ReedSolomonPaths.Available)
        {
            var whole = new Stripe(new ReedSolomon(4, 4, path), 1000, 24, seed: 3).Encode();
            var subsets = Enumerable.Range(0, 256).Where(bits => BitOperations.PopCount((uint)bits) == 4).ToArray();
            Assert.Equal(70, subsets.Length);
            foreach (var bits in subsets)
            {
                var isPresent = Enumerable.Range(0, 8).Select(shard => (bits >> shard & 1) == 1).ToArray();
                var isWanted = isPresent.Select(present => !present).ToArray();

                var restored = new Stripe(new ReedSolomon(4, 4, path), 1000, 24, seed: 3).Encode()
                    .Restore(isPresent, isWanted);

                Assert.Equal(whole.All, restored.All);
            }
        }
    }

    [Fact]
    public void Any_k_shards_give_back_what_is_wanted_and_nothing_else() =>
        Gen.Select(Gen.OneOf(Gen.Const((10, 4)), Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40])), Gen.Int[0, 300], Gen.Int)
            .Sample(
                (shape, shardBytes, seed) =>
                {
                    var code = new ReedSolomon(shape.Item1, shape.Item2);
                    var random = new Random(seed);
                    var isPresent = new bool[code.TotalShards];
                    isPresent.AsSpan(0, random.Next(code.DataShards, code.TotalShards + 1)).Fill(true);
                    random.Shuffle(isPresent);
                    var isWanted = isPresent.Select(_ => random.Next(2) == 0).ToArray();
                    var whole = new Stripe(code, shardBytes, seed & 7, seed).Encode();

                    var restored = new Stripe(code, shardBytes, seed & 7, seed).Encode().Restore(isPresent, isWanted);

                    return restored.GapsAreUntouched() && Enumerable.Range(0, code.TotalShards).All(shard =>
                        isPresent[shard] || isWanted[shard]
                            ? restored[shard].SequenceEqual(whole[shard])
                            : !restored[shard].ContainsAnyExcept((byte)0xee));
                },
                iter: 300);

    [Fact]
    public void The_largest_stripe_survives_the_loss_of_all_its_parity_allows()
    {
        var code = new ReedSolomon(128, 127);
        var whole = new Stripe(code, 130, 0, seed: 5).Encode();
        var isPresent = Enumerable.Range(0, 255).Select(shard => shard >= 127).ToArray();

        var restored = new Stripe(code, 130, 0, seed: 5).Encode()
            .Restore(isPresent, [.. Enumerable.Repeat(true, 255)]);

        Assert.Equal(whole.All, restored.All);
    }

    [Fact]
    public void Fewer_than_k_shards_are_refused_and_nothing_is_written()
    {
        var code = new ReedSolomon(4, 4);
        var stripe = new Stripe(code, 10, 2, seed: 1).Encode();
        var before = stripe.All.ToArray();

        bool[] isPresent = [true, false, true, false, true, false, false, false];
        Assert.Throws<ArgumentException>(() =>
            code.Reconstruct(before, 12, 10, isPresent, [true, true, true, true, true, true, true, true]));

        Assert.Equal(stripe.All, before);
    }

    [Fact]
    public void Data_is_computed_to_a_place_of_its_own_and_only_what_is_missing_and_wanted()
    {
        var code = new ReedSolomon(4, 4);
        var whole = new Stripe(code, 100, 12, seed: 3).Encode().All.ToArray();
        bool[] isPresent = [false, true, false, false, true, true, true, false];
        bool[] isWanted = [true, true, false, true, false, false, false, false];
        var stripe = whole.ToArray();
        foreach (var lost in (int[])[0, 2, 3, 7])
        {
            stripe.AsSpan(lost * 112, lost == 7 ? 100 : 112).Clear();
        }

        var before = stripe.ToArray();
        var data = Enumerable.Repeat((byte)0xEE, 400).ToArray();

        code.ReconstructData(stripe, 112, 100, isPresent, isWanted, data);

        Assert.Equal(whole[..100], data[..100]);
        Assert.Equal(Enumerable.Repeat((byte)0xEE, 200), data[100..300]);
        Assert.Equal(whole[336..436], data[300..]);
        Assert.Equal(before, stripe);
    }

    [Fact]
    public void A_place_of_its_own_is_refused_where_it_is_too_small_or_the_stripes_or_for_parity()
    {
        var code = new ReedSolomon(2, 1);
        var stripe = new byte[60];
        bool[] isPresent = [false, true, true];

        Assert.Throws<ArgumentException>(() =>
            code.ReconstructData(stripe, 20, 20, isPresent, [true, false, false], new byte[39]));
        Assert.Throws<ArgumentException>(() =>
            code.ReconstructData(stripe, 20, 20, isPresent, [true, false, false], stripe.AsSpan(20)));
        Assert.Throws<ArgumentException>(() =>
            code.ReconstructData(stripe, 20, 20, [true, true, false], [false, false, true], new byte[40]));
    }

    [Fact]
    public void A_stripe_without_parity_or_without_bytes_is_left_alone()
    {
        var alone = new Stripe(new ReedSolomon(3, 0), 7, 1, seed: 1);
        var before = alone.All.ToArray();

        Assert.Equal(before, alone.Encode().All);
        new ReedSolomon(4, 4).Encode([], 0, 0);
        new ReedSolomon(4, 4).Reconstruct([], 0, 0, [true, true, true, true, false, false, false, false], new bool[8]);
    }

    [Fact]
    public void A_last_shard_without_its_gap_is_enough()
    {
        var stripe = new byte[(7 * 12) + 10];

        new ReedSolomon(4, 4).Encode(stripe, 12, 10);

        Assert.Throws<ArgumentException>(() => new ReedSolomon(4, 4).Encode(stripe.AsSpan(1), 12, 10));
    }

    [Fact]
    public void Shapes_and_sizes_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReedSolomon(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReedSolomon(1, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReedSolomon(128, 128));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReedSolomon(int.MaxValue, int.MaxValue));
        var code = new ReedSolomon(2, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => code.Encode(new byte[30], 9, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => code.Encode(new byte[30], 10, -1));
        Assert.Throws<ArgumentException>(() => code.Encode(new byte[30], int.MaxValue, 10));
        Assert.Throws<ArgumentException>(() => code.Reconstruct(new byte[30], 10, 10, new bool[2], new bool[3]));
        Assert.Throws<ArgumentException>(() => code.Reconstruct(new byte[30], 10, 10, new bool[3], new bool[4]));
    }

    private static int Product(int left, int right)
    {
        var product = 0;
        for (; right != 0; right >>= 1)
        {
            product ^= (right & 1) * left;
            left = (left << 1) ^ ((left >> 7) * 0x11d);
        }

        return product;
    }

    private static int Inverse(int value) =>
        Enumerable.Range(1, 255).First(candidate => Product(value, candidate) == 1);
}

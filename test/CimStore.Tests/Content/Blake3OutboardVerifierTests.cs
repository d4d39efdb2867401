using System.Numerics;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>What a verifier accepts, what it refuses, and how many nodes it reads for that.</summary>
public sealed class Blake3OutboardVerifierTests
{
    private const int Group = Blake3Outboard.GroupSizeBytes;

    private static readonly Gen<int> Length = Gen.OneOf(
        Gen.Int[1, 100_000],
        Gen.Int[1, 1_200_000],
        Gen.Select(Gen.Int[1, 70], Gen.Int[-1, 1], (groups, more) => (groups * Group) + more));

    public static TheoryData<int> Lengths =>
    [
        0, 1, 1023, 1024, 1025, 16383, 16384, 16385,
        .. Enumerable.Range(15, 8).SelectMany(power => (int[])[(1 << power) - 1, 1 << power, (1 << power) + 1]),
    ];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Every_group_is_proved_alone_and_in_order(int length)
    {
        var proved = Blake3Proved.Of(length, length);
        var groups = proved.Groups;
        var sequential = proved.Verifier();
        for (var group = 0; group < groups; group++)
        {
            var content = proved.Content(group, 1);

            Assert.True(proved.Verifier().Verify(group, content, proved.Nodes).IsProved);
            Assert.True(sequential.Verify(group, content, proved.Nodes).IsProved);
        }
    }

    [Fact]
    public void Runs_in_any_order_are_proved_on_every_path() =>
        Gen.Select(Length, Gen.Int, Gen.Select(Gen.Int, Gen.Int[1, 40]).Array[1, 12]).Sample(
            (length, seed, runs) =>
            {
                var proved = Blake3Proved.Of(length, seed);
                return Blake3Paths.Available.All(path =>
                {
                    var verifier = new Blake3OutboardVerifier(path, proved.Root, length);
                    return runs.All(run =>
                    {
                        var first = (int)((uint)run.Item1 % proved.Groups);
                        var count = Math.Min(run.Item2, proved.Groups - first);
                        return verifier.Verify(first, proved.Content(first, count), proved.Nodes).IsProved;
                    });
                });
            },
            iter: 12);

    [Fact]
    public void Nodes_that_are_named_beforehand_suffice() =>
        Gen.Select(Length, Gen.Int, Gen.Select(Gen.Int, Gen.Int[1, 40]).Array[1, 12]).Sample(
            (length, seed, runs) =>
            {
                var proved = Blake3Proved.Of(length, seed);
                var verifier = proved.Verifier();
                return runs.All(run =>
                {
                    var first = (int)((uint)run.Item1 % proved.Groups);
                    var count = Math.Min(run.Item2, proved.Groups - first);
                    var fetched = Fetch(proved, verifier, first, count);
                    return verifier.VerifyFetched(first, proved.Content(first, count), fetched).IsProved;
                });
            },
            iter: 30);

    [Fact]
    public void Runs_that_were_hashed_before_are_proved_and_refused_alike() =>
        Gen.Select(Length, Gen.Int, Gen.Select(Gen.Int, Gen.Int[1, 40], Gen.Bool).Array[1, 12]).Sample(
            (length, seed, runs) =>
            {
                var proved = Blake3Proved.Of(length, seed);
                var verifier = proved.Verifier();
                return runs.All(run =>
                {
                    var first = (int)((uint)run.Item1 % proved.Groups);
                    var count = Math.Min(run.Item2, proved.Groups - first);
                    var content = proved.Content(first, count).ToArray();
                    content[^1] ^= run.Item3 ? (byte)0 : (byte)1;
                    var fetched = Fetch(proved, verifier, first, count);
                    var hash = verifier.HashSubtree(first, content);
                    return verifier.VerifyHashed(first, content, fetched, hash).IsProved == run.Item3;
                });
            },
            iter: 30);

    [Fact]
    public void What_is_one_subtree_can_be_hashed_apart()
    {
        var proved = Blake3Proved.Of((37 * Group) + 5, 8);
        (int First, int Count, bool IsOne)[] runs =
        [
            (0, 16, true), (16, 16, true), (32, 6, true), (36, 2, true), (3, 1, true), (24, 8, true),
            (0, 32, false), (8, 16, false), (1, 2, false), (31, 2, false), (32, 5, false), (0, 38, false),
        ];

        foreach (var (first, count, isOne) in runs)
        {
            Assert.Equal(isOne, proved.Verifier().HashSubtree(first, proved.Content(first, count)) is not null);
        }
    }

    [Fact]
    public void The_hashes_of_all_runs_prove_the_whole_without_its_tree()
    {
        foreach (var groups in (int[])[17, 31, 32, 33, 48, 64, 65, 100])
        {
            var proved = Blake3Proved.Of((groups * Group) - 7, groups);
            var verifier = proved.Verifier();
            var hashes = Enumerable.Range(0, (groups + 15) / 16)
                .Select(run => (First: run * 16, Count: Math.Min(16, groups - (run * 16))))
                .Select(run => verifier.HashSubtree(run.First, proved.Content(run.First, run.Count))!.Value)
                .ToArray();
            var swapped = hashes.Reverse().ToArray();

            Assert.True(verifier.IsWhole([.. hashes]));
            Assert.False(verifier.IsWhole(swapped));
        }
    }

    [Fact]
    public void A_sequential_read_takes_each_node_at_most_once()
    {
        var proved = Blake3Proved.Of(5_000_000, 1);
        foreach (var step in (int[])[1, 3, 4, 16, 40])
        {
            var reads = new HashSet<long>();
            var verifier = proved.Verifier();
            for (var group = 0; group < proved.Groups; group += step)
            {
                var content = proved.Content(group, Math.Min(step, proved.Groups - group));

                var proof = verifier.Verify(group, content, (offset, node) =>
                {
                    Assert.True(reads.Add(offset));
                    proved.Nodes.AsSpan((int)offset, node.Length).CopyTo(node);
                });

                Assert.True(proof.IsProved);
            }

            // 306 groups in 20 runs of at most 16, when the steps allow them.
            Assert.InRange(reads.Count, 0, step % 16 == 0 ? 19 : proved.Groups - 1);
        }
    }

    [Fact]
    public void A_lone_group_takes_one_node_for_each_level()
    {
        var proved = Blake3Proved.Of(5_000_000, 2);
        for (var group = 0; group < proved.Groups; group++)
        {
            var needed = proved.Verifier().NodesNeeded(group, 1);

            Assert.InRange(needed.Length, 1, BitOperations.Log2((uint)proved.Groups - 1) + 1);
        }
    }

    [Fact]
    public void A_flipped_bit_of_content_is_found_and_its_group_named() =>
        Gen.Select(Length, Gen.Int, Gen.Int, Gen.Int[1, 40]).Sample(
            (length, seed, bit, runMax) =>
            {
                var proved = Blake3Proved.Of(length, seed);
                var at = (int)((uint)bit % (uint)length);
                var bad = at / Group;
                var first = Math.Max(0, bad - (int)((uint)seed % (uint)runMax));
                var content = proved.Content(first, Math.Min(runMax, proved.Groups - first)).ToArray();
                content[at - (first * Group)] ^= (byte)(1 << (seed & 7));
                var verifier = proved.Verifier();

                var proof = verifier.Verify(first, content, proved.Nodes);

                return !proof.IsProved && proof.FaultyGroup == bad && proof.FaultyGroups == 1
                    && proof.FaultyNodeOffset is null
                    && verifier.Verify(first, proved.Content(first, 1), proved.Nodes).IsProved;
            },
            iter: 60);

    [Fact]
    public void A_flipped_bit_of_a_node_on_the_path_is_found_and_the_node_named() =>
        Gen.Select(Length.Where(length => length > Group), Gen.Int, Gen.Int).Sample(
            (length, seed, bit) =>
            {
                var proved = Blake3Proved.Of(length, seed);
                var nodes = proved.Nodes.ToArray();
                var at = (int)((uint)bit % (uint)nodes.Length);
                nodes[at] ^= (byte)(1 << (seed & 7));
                var named = 0;
                for (var group = 0; group < proved.Groups; group++)
                {
                    var verifier = proved.Verifier();
                    var isNeeded = verifier.NodesNeeded(group, 1).Contains(at / 64 * 64);
                    var proof = verifier.Verify(group, proved.Content(group, 1), nodes);
                    if (proof.IsProved == isNeeded || (isNeeded && proof.FaultyNodeOffset != at / 64 * 64))
                    {
                        return false;
                    }

                    named += isNeeded ? 1 : 0;
                }

                return named >= 2;
            },
            iter: 30);

    [Fact]
    public void A_flipped_bit_of_the_root_proves_nothing() =>
        Gen.Select(Length, Gen.Int, Gen.Int[0, 255]).Sample(
            (length, seed, bit) =>
            {
                var proved = Blake3Proved.Of(length, seed);
                var root = proved.Root.ToArray();
                root[bit / 8] ^= (byte)(1 << (bit % 8));
                var verifier = new Blake3OutboardVerifier(root, length);
                return Enumerable.Range(0, proved.Groups)
                    .All(group => !verifier.Verify(group, proved.Content(group, 1), proved.Nodes).IsProved);
            },
            iter: 30);

    [Fact]
    public void Swapped_groups_are_found()
    {
        var proved = Blake3Proved.Of(20 * Group, 3);
        var verifier = proved.Verifier();
        for (var group = 1; group < proved.Groups; group++)
        {
            byte[] swapped = [.. proved.Content(group, 1), .. proved.Content(group - 1, 1)];

            var proof = verifier.Verify(group - 1, swapped, proved.Nodes);

            Assert.False(proof.IsProved);
            Assert.Equal(group - 1, proof.FaultyGroup);
        }
    }

    [Fact]
    public void Another_length_is_found_with_the_last_group()
    {
        var proved = Blake3Proved.Of(100_000, 4);
        var longer = proved.Content(0, proved.Groups).ToArray().Append((byte)0).ToArray();

        Assert.False(new Blake3OutboardVerifier(proved.Root, 100_001)
            .Verify(0, longer, proved.Nodes).IsProved);
        Assert.False(new Blake3OutboardVerifier(proved.Root, 99_999)
            .Verify(0, longer.AsSpan(0, 99_999), proved.Nodes).IsProved);
    }

    [Fact]
    public void Without_all_nodes_a_fault_names_the_run_it_lies_in()
    {
        var proved = Blake3Proved.Of(64 * Group, 5);
        var content = proved.Content(16, 16).ToArray();
        content[5 * Group] ^= 1;
        var verifier = proved.Verifier();
        var nodes = Fetch(proved, verifier, 16, 16);

        var proof = verifier.VerifyFetched(16, content, nodes);

        Assert.Equal((false, 16L, 16L), (proof.IsProved, proof.FaultyGroup, proof.FaultyGroups));
    }

    [Fact]
    public void A_reader_that_fails_leaves_the_verifier_usable()
    {
        var proved = Blake3Proved.Of(64 * Group, 6);
        var verifier = proved.Verifier();

        Assert.Throws<IOException>(() => verifier.Verify(9, proved.Content(9, 1), (_, _) => throw new IOException()));

        Assert.True(verifier.Verify(9, proved.Content(9, 1), proved.Nodes).IsProved);
    }

    [Fact]
    public void Parts_of_groups_are_refused()
    {
        var proved = Blake3Proved.Of((3 * Group) + 5, 7);
        var verifier = proved.Verifier();

        Assert.Throws<ArgumentException>(() => verifier.Verify(0, new byte[Group - 1], proved.Nodes));
        Assert.Throws<ArgumentException>(() => verifier.Verify(3, new byte[4], proved.Nodes));
        Assert.Throws<ArgumentException>(() => verifier.Verify(3, new byte[6], proved.Nodes));
        Assert.Throws<ArgumentException>(() => verifier.Verify(0, [], proved.Nodes));
        Assert.Throws<ArgumentOutOfRangeException>(() => verifier.Verify(4, new byte[5], proved.Nodes));
        Assert.Throws<ArgumentOutOfRangeException>(() => verifier.Verify(0, new byte[Group], new byte[64]));
        Assert.Throws<ArgumentOutOfRangeException>(() => verifier.NodesNeeded(2, 3));
        Assert.False(default(Blake3Proof).IsProved);
    }

    private static byte[] Fetch(Blake3Proved proved, Blake3OutboardVerifier verifier, int first, int count) =>
        [.. verifier.NodesNeeded(first, count).SelectMany(at => proved.Nodes[(int)at..((int)at + 64)])];
}

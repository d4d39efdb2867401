using System.Buffers;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>The nodes that the builder writes, and where they lie.</summary>
public sealed class Blake3OutboardTests
{
    private static readonly Gen<int> Length = Gen.OneOf(
        Gen.Int[0, 100_000],
        Gen.Int[0, 1_500_000],
        Gen.Select(Gen.Int[0, 90], Gen.Int[-1, 1], (groups, more) => Math.Max(0, (groups * 16384) + more)));

    [Fact]
    public void Nodes_and_root_are_those_of_the_definition()
    {
        int[] lengths = [0, 1, 16383, 16384, 16385, 32768, 32769, 49152, 65537, 262144, 262145, 300_000, 1_050_000];
        foreach (var length in lengths)
        {
            var content = Blake3Cases.Random(length, length);
            var expected = Blake3NaiveTree.Nodes(content);
            foreach (var path in Blake3Paths.Available)
            {
                var (root, nodes) = Build(path, content, [content.Length + 1]);

                Assert.Equal(Blake3Cases.Hash(Blake3Path.Scalar, content), root);
                Assert.Equal(expected, nodes);
                Assert.Equal(Blake3Outboard.SizeBytes(length), nodes.Length);
            }
        }
    }

    [Fact]
    public void Updates_of_any_sizes_write_the_same_nodes() =>
        Gen.Select(Length, Gen.Int, Gen.OneOf(Gen.Int[1, 40_000], Gen.Int[1, 600_000]).Array[1, 8]).Sample(
            (length, seed, steps) =>
            {
                var content = Blake3Cases.Random(length, seed);
                var whole = Build(Blake3Paths.Best, content, [length + 1]);
                var pieces = Build(Blake3Paths.Best, content, steps);
                return whole.Nodes.AsSpan().SequenceEqual(pieces.Nodes)
                    && whole.Root.AsSpan().SequenceEqual(pieces.Root)
                    && whole.Root.AsSpan().SequenceEqual(Blake3Cases.Hash(Blake3Paths.Best, content));
            },
            iter: 40);

    [Fact]
    public void Nodes_arrive_while_content_flows()
    {
        var nodes = new ArrayBufferWriter<byte>();
        var builder = new Blake3OutboardBuilder(nodes);
        var piece = Blake3Cases.Random(65536, 1);
        for (var step = 1; step <= 100; step++)
        {
            builder.Update(piece);

            // Of 4n groups all pairs of full trees are known, but those of the last piece, which may yet be the root.
            Assert.InRange(nodes.WrittenCount, (4 * (step - 1) - 7) * 64, 4 * step * 64);
        }

        builder.Finish(new byte[32]);

        Assert.Equal(Blake3Outboard.SizeBytes(6_553_600), nodes.WrittenCount);
        Assert.Throws<InvalidOperationException>(() => builder.Update(piece));
        Assert.Throws<InvalidOperationException>(() => builder.Finish(new byte[32]));
    }

    [Fact]
    public void A_builder_can_be_used_again()
    {
        var nodes = new ArrayBufferWriter<byte>();
        var builder = new Blake3OutboardBuilder(nodes);
        var root = new byte[32];
        foreach (var length in (int[])[100_000, 70_000, 5])
        {
            var content = Blake3Cases.Random(length, length);
            nodes.ResetWrittenCount();
            builder.Reset();

            builder.Update(content);
            builder.Finish(root);

            Assert.Equal(Blake3Cases.Hash(Blake3Paths.Best, content), root);
            Assert.Equal(Blake3NaiveTree.Nodes(content), nodes.WrittenSpan.ToArray());
        }
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(1, 1, 0)]
    [InlineData(16384, 1, 0)]
    [InlineData(16385, 2, 64)]
    [InlineData(32769, 3, 128)]
    [InlineData(1L << 30, 65536, 4_194_240)]
    [InlineData(long.MaxValue, 1L << 49, ((1L << 49) - 1) * 64)]
    public void Sizes_follow_from_the_length(long length, long groups, long bytes)
    {
        Assert.Equal(groups, Blake3Outboard.GroupCount(length));
        Assert.Equal(bytes, Blake3Outboard.SizeBytes(length));
    }

    [Fact]
    public void Offsets_count_the_nodes_in_post_order()
    {
        for (var groups = 1L; groups <= 300; groups++)
        {
            var next = 0L;
            Walk(0, groups, ref next);
            Assert.Equal((groups - 1) * 64, next);
        }
    }

    [Fact]
    public void In_large_trees_children_lie_just_before_their_parent() =>
        Gen.Select(Gen.Long[2, 1L << 49], Gen.ULong).Sample((count, turns) =>
        {
            var first = 0L;
            var isOrdered = Blake3Outboard.NodeOffset(0, count) == (count - 2) * 64;
            while (count >= 2)
            {
                var own = Blake3Outboard.NodeOffset(first, count);
                var left = Blake3Outboard.LeftGroups(count);
                var right = count - left;
                isOrdered &= left >= right && long.IsPow2(left);
                isOrdered &= right < 2 || Blake3Outboard.NodeOffset(first + left, right) == own - 64;
                isOrdered &= left < 2 || Blake3Outboard.NodeOffset(first, left) == own - (64 * right);
                (first, count) = turns % 2 == 0 ? (first, left) : (first + left, right);
                turns /= 2;
            }

            return isOrdered;
        });

    [Fact]
    public void Group_sizes_add_up_to_the_length() =>
        Length.Sample(length =>
        {
            var sizes = Enumerable.Range(0, (int)Blake3Outboard.GroupCount(length))
                .Select(group => Blake3Outboard.GroupSize(length, group)).ToList();
            return sizes.Sum() == length && sizes.SkipLast(1).All(size => size == Blake3Outboard.GroupSizeBytes);
        });

    internal static (byte[] Root, byte[] Nodes) Build(Blake3Path path, ReadOnlySpan<byte> content, int[] steps)
    {
        var nodes = new ArrayBufferWriter<byte>();
        var builder = new Blake3OutboardBuilder(path, nodes);
        for (var step = 0; !content.IsEmpty; step++)
        {
            var size = Math.Min(content.Length, steps[step % steps.Length]);
            builder.Update(content[..size]);
            content = content[size..];
        }

        var root = new byte[32];
        builder.Finish(root);
        return (root, nodes.WrittenSpan.ToArray());
    }

    private static void Walk(long first, long groups, ref long next)
    {
        if (groups < 2)
        {
            return;
        }

        var left = Blake3Outboard.LeftGroups(groups);
        Walk(first, left, ref next);
        Walk(first + left, groups - left, ref next);
        Assert.Equal(next, Blake3Outboard.NodeOffset(first, groups));
        next += 64;
    }
}

using System.Buffers;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

public sealed class ChainTests
{
    private static CancellationToken Token => CarTesting.Token;

    /// <summary>Block and name are those that @ipld/dag-cbor and @noble/hashes give for the same values.</summary>
    [Fact]
    public void An_entry_has_one_form_and_its_golden_name()
    {
        var first = ChainEntry.First(Cid.ForRaw(new byte[32]));
        var block = new ArrayBufferWriter<byte>();

        var name = first.Encode(block);

        var link = "D82A58250001551E20" + new string('0', 64);
        Assert.Equal(
            "A3" + "67636F6E74656E74" + link + "6870726576696F7573" + "F6" + "6873657175656E6365" + "00",
            Convert.ToHexString(block.WrittenSpan));
        Assert.Equal("bafyr4ihuput4eioqcff2ptpevnccjhhiyqkhpwbnws7lvr7xkonwlqhcvy", name.ToString());
        Assert.Equal(first, ChainEntry.Decode(block.WrittenSpan));
    }

    [Fact]
    public async Task A_chain_is_whole_and_every_change_is_found_at_its_entry() =>
        await Gen.Select(Gen.Int[1, 12], Gen.Int[0, 11], Gen.Int[0, 2000], Gen.Int[0, 2]).SampleAsync(
            async (length, victim, at, how) =>
            {
                var (blocks, names) = await BuildAsync(length);
                Assert.Equal(new ChainVerdict(length, null), await VerifyAsync(blocks, names[^1]));

                var name = names[victim % length];
                Spoil(blocks, name, at, how);
                var verdict = await VerifyAsync(blocks, names[^1]);

                Assert.False(verdict.IsWhole);
                Assert.Equal(name, verdict.Break!.Entry);
                Assert.Equal(length - 1 - (victim % length), verdict.VerifiedCount);
                Assert.Equal(victim % length == length - 1 ? null : victim % length, verdict.Break.Sequence);
            },
            iter: Math.Max(300, Check.Iter));

    [Fact]
    public async Task An_entry_that_skips_a_number_is_found()
    {
        var blocks = new Dictionary<Cid, byte[]>();
        var first = Put(blocks, ChainEntry.First(Cid.ForRaw(new byte[32])));
        var third = Put(blocks, new ChainEntry(Cid.ForRaw(new byte[32]), first, 2));

        var verdict = await VerifyAsync(blocks, third);

        Assert.Equal(first, verdict.Break!.Entry);
        Assert.Contains("sequence 0 where its successor needs 1", verdict.Break.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_goes_on_where_it_ended()
    {
        var (blocks, names) = await BuildAsync(3);

        var chain = await Chain.ResumeAsync(names[^1], SourceOf(blocks), SinkOf(blocks), Token);
        await chain.AppendAsync(Cid.ForRaw(new byte[32]), Token);

        Assert.Equal(4, chain.Length);
        Assert.True((await VerifyAsync(blocks, chain.Head!.Value)).IsWhole);
        await Assert.ThrowsAsync<ContentFormatException>(async () =>
            await Chain.ResumeAsync(Cid.ForRaw(new byte[32]), SourceOf(blocks), SinkOf(blocks), Token));
    }

    [Theory]
    [InlineData("A0")]
    [InlineData("80")]
    [InlineData("A167636F6E74656E7400")]
    public void Other_blocks_are_not_entries(string hex) =>
        Assert.Throws<ContentFormatException>(() => ChainEntry.Decode(Convert.FromHexString(hex)));

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(-1, true)]
    public void Only_the_first_entry_has_no_predecessor(long sequence, bool hasPrevious)
    {
        var cid = Cid.ForRaw(new byte[32]);
        var block = new ArrayBufferWriter<byte>();
        new ChainEntry(cid, hasPrevious ? cid : null, sequence).Encode(block);

        Assert.Throws<ContentFormatException>(() => ChainEntry.Decode(block.WrittenSpan));
    }

    private static async Task<(Dictionary<Cid, byte[]> Blocks, List<Cid> Names)> BuildAsync(int length)
    {
        var blocks = new Dictionary<Cid, byte[]>();
        var names = new List<Cid>();
        var chain = Chain.Begin(SinkOf(blocks));
        for (var number = 0; number < length; number++)
        {
            names.Add(await chain.AppendAsync(Cid.Of(Codecs.Raw, [(byte)number]), Token));
        }

        return (blocks, names);
    }

    private static void Spoil(Dictionary<Cid, byte[]> blocks, Cid name, int at, int how)
    {
        switch (how)
        {
            case 0:
                blocks[name][at % blocks[name].Length] ^= 1;
                break;
            case 1:
                blocks.Remove(name);
                break;
            default:
                // Another entry, well made, put under the old name.
                var block = new ArrayBufferWriter<byte>();
                ChainEntry.First(Cid.Of(Codecs.Raw, [0xff])).Encode(block);
                blocks[name] = block.WrittenSpan.ToArray();
                break;
        }
    }

    private static Cid Put(Dictionary<Cid, byte[]> blocks, ChainEntry entry)
    {
        var block = new ArrayBufferWriter<byte>();
        var name = entry.Encode(block);
        blocks[name] = block.WrittenSpan.ToArray();
        return name;
    }

    private static ValueTask<ChainVerdict> VerifyAsync(Dictionary<Cid, byte[]> blocks, Cid head) =>
        Chain.VerifyAsync(head, SourceOf(blocks), Token);

    private static BlockSource SourceOf(Dictionary<Cid, byte[]> blocks) => (cid, _) =>
    {
        ReadOnlyMemory<byte>? found = null;
        if (blocks.TryGetValue(cid, out var block))
        {
            found = block;
        }

        return new(found);
    };

    private static BlockSink SinkOf(Dictionary<Cid, byte[]> blocks) => (cid, block, _) =>
    {
        blocks[cid] = block.ToArray();
        return ValueTask.CompletedTask;
    };
}

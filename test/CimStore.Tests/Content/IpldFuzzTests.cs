using System.Buffers;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>
/// Spoiled and random bytes: a codec answers with a value or a refusal, in time and memory bounded by the input.
/// CsCheck prints the seed of a failure; CsCheck_Seed runs it again and CsCheck_Iter runs longer.
/// </summary>
public sealed class IpldFuzzTests
{
    /// <summary>A byte of input (an empty list) becomes a node and its slot in a list that has just grown.</summary>
    private const int AllocationPerByteMax = 400;

    private const int AllocationFixedMax = 64 * 1024;

    [Theory]
    [InlineData(Codecs.DagCbor)]
    [InlineData(Codecs.DagJson)]
    [InlineData(Codecs.DagPb)]
    public void Spoiled_bytes_are_read_or_refused(ulong codec) =>
        IpldGen.Spoiled(IpldGen.Node.Select(node => Valid(codec, node)))
            .Sample(bytes => Survives(codec, bytes), iter: Math.Max(2000, Check.Iter));

    [Theory]
    [InlineData(Codecs.DagCbor)]
    [InlineData(Codecs.DagJson)]
    [InlineData(Codecs.DagPb)]
    public void Random_bytes_are_read_or_refused(ulong codec) =>
        Gen.Byte.Array[0, 200].Sample(bytes => Survives(codec, bytes), iter: Math.Max(1000, Check.Iter));

    [Fact]
    public void Spoiled_names_are_read_or_refused() =>
        IpldGen.Spoiled(IpldGen.AnyCid.Select(cid => System.Text.Encoding.ASCII.GetBytes(cid.ToString()))).Sample(
            text => !Cid.TryParse(text, out var cid, out var reason) ? reason.Length > 0 : Cid.Parse($"{cid}") == cid,
            iter: Math.Max(2000, Check.Iter));

    [Fact]
    public void Announcements_do_not_allocate()
    {
        // 255 lists, each of which could announce that all the bytes left are its items.
        byte[] bytes = [.. Enumerable.Repeat<byte[]>([0x9A, 0, 1, 0, 0], 255).SelectMany(b => b), .. new byte[65536]];
        var before = GC.GetAllocatedBytesForCurrentThread();

        try
        {
            DagCbor.Decode(bytes);
        }
        catch (ContentFormatException)
        {
            // Refused at the end of the input, as it should be.
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, bytes.Length * 100);
    }

    private static byte[] Valid(ulong codec, IpldNode node)
    {
        var output = new ArrayBufferWriter<byte>();
        try
        {
            IpldCodec.Encode(codec, codec == Codecs.DagPb ? PbOf(node) : node, output);
        }
        catch (ArgumentException)
        {
            // The codec cannot say this value (a reserved map); nothing is as good an input as any.
        }

        return output.WrittenSpan.ToArray();
    }

    private static IpldNode PbOf(IpldNode node) => DagPb.ToIpld(new DagPbNode(
        [.. node.Links().Select((cid, index) => new DagPbLink(cid, $"{index:d4}", (ulong)index))],
        DagCborTests.Encode(node)));

    private static bool Survives(ulong codec, byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var node = IpldCodec.Decode(codec, bytes);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.InRange(allocated, 0, AllocationFixedMax + ((long)AllocationPerByteMax * bytes.Length));

            // Only dag-pb has more than one form that is read.
            return codec == Codecs.DagPb || Valid(codec, node).SequenceEqual(bytes);
        }
        catch (ContentFormatException refusal)
        {
            return refusal.Offset >= 0 && refusal.Offset <= bytes.Length;
        }
    }
}

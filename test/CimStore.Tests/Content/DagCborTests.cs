using System.Buffers;
using System.Formats.Cbor;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

public sealed class DagCborTests
{
    private const string Zeros32 = "0000000000000000000000000000000000000000000000000000000000000000";
    private const string RawLink = "D82A58250001551220" + Zeros32;

    [Theory]
    [InlineData("", 0, "the value is missing")]
    [InlineData("1800", 0, "not in its shortest form")]
    [InlineData("1817", 0, "not in its shortest form")]
    [InlineData("1900FF", 0, "not in its shortest form")]
    [InlineData("1A0000FFFF", 0, "not in its shortest form")]
    [InlineData("1B00000000FFFFFFFF", 0, "not in its shortest form")]
    [InlineData("3817", 0, "not in its shortest form")]
    [InlineData("5817", 0, "not in its shortest form")]
    [InlineData("7800", 0, "not in its shortest form")]
    [InlineData("9800", 0, "not in its shortest form")]
    [InlineData("B800", 0, "not in its shortest form")]
    [InlineData("18", 0, "cut off")]
    [InlineData("1C", 0, "a reserved length")]
    [InlineData("FB3FF0", 0, "the float is cut off")]
    [InlineData("41", 0, "1 bytes announced, 0 left")]
    [InlineData("5BFFFFFFFFFFFFFFFF", 0, "18446744073709551615 bytes announced, 0 left")]
    [InlineData("9BFFFFFFFFFFFFFFFF", 0, "a list of 18446744073709551615 in 0 bytes")]
    [InlineData("A200", 0, "a map of 2 in 1 bytes")]
    [InlineData("82", 0, "a list of 2 in 0 bytes")]
    [InlineData("5F4100FF", 0, "an indefinite length")]
    [InlineData("7F6161FF", 0, "an indefinite length")]
    [InlineData("9F00FF", 0, "an indefinite length")]
    [InlineData("BFFF", 0, "an indefinite length")]
    [InlineData("FF", 0, "a break")]
    [InlineData("F7", 0, "undefined")]
    [InlineData("F93C00", 0, "a float has 64 bits")]
    [InlineData("FA3F800000", 0, "a float has 64 bits")]
    [InlineData("FB7FF8000000000000", 0, "no NaN or infinity")]
    [InlineData("FB7FF0000000000000", 0, "no NaN or infinity")]
    [InlineData("FBFFF0000000000000", 0, "no NaN or infinity")]
    [InlineData("E0", 0, "a simple value")]
    [InlineData("F820", 0, "a simple value")]
    [InlineData("0000", 1, "1 bytes follow the value")]
    [InlineData("61FF", 0, "not UTF-8")]
    [InlineData("63EDA080", 0, "not UTF-8")]
    [InlineData("A10000", 1, "a map key is not a string")]
    [InlineData("A1410000", 1, "a map key is not a string")]
    [InlineData("A2616100616101", 4, "the map key \"a\" occurs twice")]
    [InlineData("A2616200616101", 4, "\"a\" is out of order")]
    [InlineData("A262616100616201", 5, "\"b\" is out of order")]
    [InlineData("C000", 0, "only tag 42")]
    [InlineData("D82B4100", 0, "only tag 42")]
    [InlineData("D9002A4100", 0, "not in its shortest form")]
    [InlineData("D82A00", 0, "tag 42 does not hold bytes")]
    [InlineData("D82A6100", 0, "tag 42 does not hold bytes")]
    [InlineData("D82A", 0, "tag 42 does not hold bytes")]
    [InlineData("D82A40", 0, "a link begins with a zero byte")]
    [InlineData("D82A420155", 0, "a link begins with a zero byte")]
    [InlineData("D82A4100", 0, "the link is not a CID: it has no bytes")]
    [InlineData("D82A46000155000000", 0, "bytes follow the CID")]
    public void What_breaks_a_rule_is_refused_at_its_place(string hex, long offset, string problem)
    {
        var bytes = Convert.FromHexString(hex);

        var refusal = Assert.Throws<ContentFormatException>(() => DagCbor.Decode(bytes));

        Assert.Contains(problem, refusal.Problem, StringComparison.Ordinal);
        Assert.Equal(offset, refusal.Offset);
        Assert.Equal(refusal.Message, Assert.Throws<ContentFormatException>(() => DagCbor.Validate(bytes)).Message);
    }

    [Fact]
    public void Nesting_ends_at_its_limit()
    {
        byte[] atLimit = [.. Enumerable.Repeat((byte)0x81, IpldNode.DepthMax), 0x00];
        byte[] beyond = [0x81, .. atLimit];

        DagCbor.Validate(atLimit);
        Assert.Equal(atLimit, Encode(DagCbor.Decode(atLimit)));
        Assert.Throws<ContentFormatException>(() => DagCbor.Decode(beyond));
        Assert.Throws<ContentFormatException>(() => DagCbor.Validate(beyond));
        Assert.Throws<ArgumentException>(() => Encode(new IpldNode.List([DagCbor.Decode(atLimit)])));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_not_written() =>
        Assert.ThrowsAny<ArgumentException>(() => Encode(new IpldNode.String("\ud800")));

    [Fact]
    public void Decoding_undoes_encoding() =>
        IpldGen.Node.Sample(node =>
        {
            var bytes = Encode(node);
            DagCbor.Validate(bytes);
            var again = DagCbor.Decode(bytes);
            return again.Equals(node) && again.GetHashCode() == node.GetHashCode()
                && Encode(again).SequenceEqual(bytes);
        });

    /// <summary>Another reader of canonical CBOR, with the same order of keys, agrees.</summary>
    [Fact]
    public void The_platforms_canonical_reader_accepts_what_we_write() =>
        IpldGen.Node.Sample(node =>
        {
            // The canonical mode of RFC 7049 wants floats as short as they go, which DAG-CBOR forbids: leave them out.
            var bytes = Encode(WithoutFloats(node));
            var reader = new CborReader(bytes, CborConformanceMode.Canonical);
            reader.SkipValue();
            return reader.BytesRemaining == 0;
        });

    [Fact]
    public void Envelopes_are_written_and_read_without_allocation()
    {
        var output = new ArrayBufferWriter<byte>(1024);
        var cid = Cid.ForRaw(new byte[32]);
        var sum = 0L;
        WriteEnvelope(output, cid, 1);
        ReadEnvelope(output.WrittenSpan);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1000; round++)
        {
            output.ResetWrittenCount();
            WriteEnvelope(output, cid, round);
            sum += ReadEnvelope(output.WrittenSpan);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(999 * 1000 / 2, sum);
        DagCbor.Validate(output.WrittenSpan);
    }

    [Fact]
    public void A_link_is_written_as_the_specification_shows() =>
        Assert.Equal(
            RawLink,
            Convert.ToHexString(Encode(new IpldNode.Link(Cid.FromDigest(Codecs.Raw, 0x12, new byte[32])))));

    internal static byte[] Encode(IpldNode node)
    {
        var output = new ArrayBufferWriter<byte>();
        DagCbor.Encode(node, output);
        return output.WrittenSpan.ToArray();
    }

    private static IpldNode WithoutFloats(IpldNode node) => node switch
    {
        IpldNode.Float => IpldNode.Null.Instance,
        IpldNode.List list => new IpldNode.List([.. list.Items.Select(WithoutFloats)]),
        IpldNode.Map map => new IpldNode.Map(
            map.Entries.Select(entry => KeyValuePair.Create(entry.Key, WithoutFloats(entry.Value)))),
        _ => node,
    };

    private static void WriteEnvelope(ArrayBufferWriter<byte> output, in Cid cid, long sequence)
    {
        var writer = new DagCborWriter(output);
        writer.WriteMapStart(5);
        writer.WriteString("cid"u8);
        writer.WriteLink(cid);
        writer.WriteString("seq"u8);
        writer.WriteInt(sequence);
        writer.WriteString("prev"u8);
        writer.WriteNull();
        writer.WriteString("type"u8);
        writer.WriteString("ContentStored");
        writer.WriteString("digest"u8);
        writer.WriteBytes(cid.Digest);
    }

    private static long ReadEnvelope(ReadOnlySpan<byte> source)
    {
        var reader = new DagCborReader(source);
        var map = reader.ReadMapStart();
        var sequence = 0L;
        while (reader.ReadKey(ref map, out var key))
        {
            if (key.SequenceEqual("seq"u8))
            {
                sequence = reader.ReadInt64();
            }
            else
            {
                reader.Skip();
            }
        }

        reader.End();
        return sequence;
    }
}

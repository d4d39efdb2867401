using System.Buffers;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

public sealed class DagPbTests
{
    private const string SomeLink = "120B0A09015500050001020304";

    private static readonly Gen<DagPbNode> Node =
        from links in Gen.Select(IpldGen.AnyCid, IpldGen.AnyText, Gen.ULong, Gen.Int[0, 3]).Array[0, 5]
        from data in Gen.Byte.Array[0, 40]
        from hasData in Gen.Bool
        select new DagPbNode(
            [.. links.Select(ToLink).OrderBy(link => link.Name ?? "", IpldKeyOrder.Bytewise)],
            hasData ? data.AsMemory() : (ReadOnlyMemory<byte>?)null);

    [Theory]
    [InlineData("0A", "the number is cut off")]
    [InlineData("0A05", "5 bytes announced, 0 left")]
    [InlineData("0800", "field 1 of type 0 is not part of a node")]
    [InlineData("1A00", "field 3 of type 2 is not part of a node")]
    [InlineData("0200", "the field has no valid number")]
    [InlineData("0A000A00", "the data comes twice")]
    [InlineData(SomeLink + "0A00" + SomeLink, "the links come in two sections")]
    [InlineData("1200", "the link has no CID")]
    [InlineData("12020A00", "the link is not a CID: it has no bytes")]
    [InlineData("120D0A09015500050001020304FF00", "field 15 of type 7 is not part of a link")]
    [InlineData("12160A090155000500010203040A09015500050001020304", "field 1 of a link is repeated or out of order")]
    [InlineData("120D12000A09015500050001020304", "field 1 of a link is repeated or out of order")]
    [InlineData("120E0A090155000500010203041201FF", "the name of the link is not UTF-8")]
    [InlineData("120C0A0A01550005000102030400", "bytes follow the CID of the link")]
    [InlineData("0AFFFFFFFFFFFFFFFFFF02", "the number exceeds 64 bits")]
    [InlineData("0A8080808080808080808001", "the number is longer than 10 bytes")]
    public void What_breaks_a_rule_is_refused(string hex, string problem)
    {
        var refusal = Assert.Throws<ContentFormatException>(() => DagPb.Decode(Convert.FromHexString(hex)));

        Assert.Contains(problem, refusal.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_before_links_is_read_as_published_blocks_have_it()
    {
        var node = DagPb.Decode(Convert.FromHexString("0A0107" + SomeLink));

        Assert.Equal([7], node.Data!.Value.ToArray());
        Assert.Single(node.Links);
        Assert.Equal(SomeLink + "0A0107", Convert.ToHexString(Encode(node)));
    }

    [Fact]
    public void Unsorted_links_are_read_in_their_order_and_not_written()
    {
        var cid = Cid.ForRaw(new byte[32]);
        var sorted = Encode(new DagPbNode([new(cid, "a"), new(cid, "b")], null));
        byte[] swapped = [.. sorted[(sorted.Length / 2)..], .. sorted[..(sorted.Length / 2)]];

        var node = DagPb.Decode(swapped);

        Assert.Equal(["b", "a"], node.Links.Select(link => link.Name));
        Assert.Throws<ArgumentException>(() => Encode(node));
    }

    [Fact]
    public void Decoding_undoes_encoding() =>
        Node.Sample(node => DagPb.Decode(Encode(node)).Equals(node) && DagPb.FromIpld(DagPb.ToIpld(node)).Equals(node));

    internal static byte[] Encode(DagPbNode node)
    {
        var output = new ArrayBufferWriter<byte>();
        DagPb.Encode(node, output);
        return output.WrittenSpan.ToArray();
    }

    private static DagPbLink ToLink((Cid Cid, string Name, ulong Tsize, int Fields) link) =>
        new(link.Cid, (link.Fields & 1) != 0 ? link.Name : null, (link.Fields & 2) != 0 ? link.Tsize : null);
}

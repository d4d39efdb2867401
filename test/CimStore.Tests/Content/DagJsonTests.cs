using System.Buffers;
using System.Text;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

public sealed class DagJsonTests
{
    private const string Link = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

    [Theory]
    [InlineData(0.0, "0.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(1.0, "1.0")]
    [InlineData(-100.0, "-100.0")]
    [InlineData(0.1, "0.1")]
    [InlineData(123.456, "123.456")]
    [InlineData(1e20, "100000000000000000000.0")]
    [InlineData(1e21, "1e+21")]
    [InlineData(1.5e300, "1.5e+300")]
    [InlineData(1e-6, "0.000001")]
    [InlineData(1e-7, "1e-7")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    public void Floats_are_laid_out_as_other_tools_do(double value, string expected)
    {
        Assert.Equal(expected, Encode(new IpldNode.Float(value)));
        Assert.Equal(new IpldNode.Float(value), Decode(expected));
    }

    [Theory]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("[1, 2]")]
    [InlineData("{\"b\":1,\"a\":2}")]
    [InlineData("1.10")]
    [InlineData("-0")]
    [InlineData("1E5")]
    [InlineData("\"\\u0061\"")]
    [InlineData("\"\\/\"")]
    [InlineData("{\"/\":{\"bytes\":\"AQ==\"}}")]
    public void Another_form_of_a_value_is_read_loosely_only(string text)
    {
        var refusal = Assert.Throws<ContentFormatException>(() => Decode(text));

        Assert.Contains("not the canonical form", refusal.Problem, StringComparison.Ordinal);
        DagJson.DecodeLoose(Encoding.UTF8.GetBytes(text));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("[1", "")]
    [InlineData("[1,]", "")]
    [InlineData("nul", "")]
    [InlineData("1 2", "")]
    [InlineData("// no", "")]
    [InlineData("NaN", "")]
    [InlineData("1e999", "the number is too large")]
    [InlineData("18446744073709551616", "the integer needs more than a sign and 64 bits")]
    [InlineData("-18446744073709551617", "the integer needs more than a sign and 64 bits")]
    [InlineData("{\"a\":1,\"a\":2}", "The key \"a\" occurs twice")]
    [InlineData("\"\\ud800\"", "not Unicode")]
    [InlineData("{\"/\":\"foo\"}", "the link is not a CID")]
    [InlineData("{\"/\":\"foo\",\"bar\":\"baz\"}", "other keys stand beside \"/\"")]
    [InlineData("{\"bar\":\"baz\",\"/\":\"foo\"}", "other keys stand beside \"/\"")]
    [InlineData("{\"/\":{\"bytes\":\"foo\",\"c\":1}}", "other keys stand beside \"bytes\"")]
    [InlineData("{\"/\":{\"bytes\":\"foo\"},\"bar\":\"baz\"}", "other keys stand beside \"/\"")]
    [InlineData("{\"/\":{\"bytes\":\"f*o\"}}", "not base64")]
    [InlineData("{\"/\":{\"bytes\":\"AR\"}}", "not base64")]
    [InlineData("{\"/\":{\"bytes\":\"A\"}}", "not base64")]
    [InlineData("{\"/\":\"zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA\"}", "the link is not in its base")]
    public void What_breaks_a_rule_is_refused_even_loosely(string text, string problem)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        var refusal = Assert.Throws<ContentFormatException>(() => DagJson.DecodeLoose(bytes));

        Assert.Contains(problem, refusal.Problem, StringComparison.Ordinal);
        Assert.Throws<ContentFormatException>(() => DagJson.Decode(bytes));
    }

    [Theory]
    [InlineData("{\"/\":true,\"bar\":\"baz\"}")]
    [InlineData("{\"/\":1}")]
    [InlineData("{\"!\":\"baz\",\"/\":\"foo\"}")]
    [InlineData("{\"/\":{\"abar\":\"baz\",\"bytes\":\"foo\"}}")]
    [InlineData("{\"/\":{\"bytes\":true},\"bar\":\"baz\"}")]
    [InlineData("{\"/\":{\"/\":\"" + Link + "\"}}")]
    [InlineData("{\"/\":\"" + Link + "\"}")]
    [InlineData("{\"/\":{\"bytes\":\"\"}}")]
    [InlineData("[18446744073709551615,-18446744073709551616]")]
    [InlineData("\"\\u0001\\b\\f\\n\\r\\t\\\\\\\"\u007f\u2028水\"")]
    public void The_canonical_form_reads_back_as_itself(string text) => Assert.Equal(text, Encode(Decode(text)));

    [Theory]
    [InlineData("/", "text")]
    [InlineData("/", Link)]
    public void A_map_that_reads_as_a_link_is_not_written(string key, string value)
    {
        var map = new IpldNode.Map([KeyValuePair.Create(key, (IpldNode)new IpldNode.String(value))]);

        Assert.Throws<ArgumentException>(() => Encode(map));
        Assert.Equal(map, DagCbor.Decode(DagCborTests.Encode(map)));
    }

    [Fact]
    public void Nesting_ends_at_its_limit()
    {
        var atLimit = new string('[', IpldNode.DepthMax) + new string(']', IpldNode.DepthMax);

        Assert.Equal(atLimit, Encode(Decode(atLimit)));
        Assert.Throws<ContentFormatException>(() => Decode($"[{atLimit}]"));
    }

    [Fact]
    public void Keys_are_in_byte_order_not_in_the_order_of_dotnet()
    {
        var map = new IpldNode.Map(
            new[] { "\U00010344", "\uffee", "b", "aa", "" }.Select(key => KeyValuePair.Create(
                key, (IpldNode)IpldNode.Null.Instance)));

        Assert.Equal("{\"\":null,\"aa\":null,\"b\":null,\"\uffee\":null,\"\U00010344\":null}", Encode(map));
        Assert.Equal(["", "b", "aa", "\uffee", "\U00010344"], map.Entries.Select(entry => entry.Key));
    }

    [Fact]
    public void Decoding_undoes_encoding() =>
        IpldGen.Node.Sample(node =>
        {
            var output = new ArrayBufferWriter<byte>();
            try
            {
                DagJson.Encode(node, output);
            }
            catch (ArgumentException refusal) when (refusal.Message.Contains("reads as", StringComparison.Ordinal))
            {
                return true;
            }

            return DagJson.Decode(output.WrittenSpan).Equals(node);
        });

    private static string Encode(IpldNode node)
    {
        var output = new ArrayBufferWriter<byte>();
        DagJson.Encode(node, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static IpldNode Decode(string text) => DagJson.Decode(Encoding.UTF8.GetBytes(text));
}

using System.Text;
using System.Text.Json;
using CimStore.Server.Configuration;
using Xunit;

namespace CimStore.Server.Tests.Configuration;

public sealed class JsonSourceTests
{
    [Fact]
    public void Every_value_knows_its_place()
    {
        var source = Parse("{\n  // said in passing\n  \"a\": [1, { \"b\": \"x\" },],\n}");

        var value = source.Root.Properties[0].Value.Items[1].Properties[0].Value;

        Assert.Equal(("x", "$.a[1].b", JsonValueKind.String), (value.Text, value.Path, value.Kind));
        Assert.Equal((3, 19), source.Position(value.Start));
        Assert.Equal("\"x\"", Encoding.UTF8.GetString(source.Utf8.Span[value.Start..value.End]));
    }

    [Fact]
    public void A_column_counts_characters_and_not_bytes()
    {
        var source = Parse("{ \"ä€𝄞\": 1 }");

        Assert.Equal((1, 10), source.Position(source.Root.Properties[0].Value.Start));
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_text()
    {
        var source = JsonSource.Parse("f", Encoding.UTF8.GetPreamble().Concat("{}"u8.ToArray()).ToArray());

        Assert.Equal((1, 1), source.Position(source.Root.Start));
    }

    [Theory]
    [InlineData("", "1:1: $:")]
    [InlineData("{", "1:2: $:")]
    [InlineData("{ \"a\": 1 } x", "1:12: $:")]
    [InlineData("{\n \"a\": [1,\n  nonsense] }", "3:4: $.a[0]:")]
    [InlineData(
        "{ \"a\": 1,\n \"b\": { \"a\": 1, \"A\": 2 } }", "2:17: $.b.A: The key \"A\" is there already, in line 2.")]
    [InlineData("{ \"a\": \"\\ud800\" }", "1:8: $.a: Half of a surrogate pair")]
    public void What_is_no_JSON_is_refused_at_its_place(string json, string expected)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Parse(json));

        Assert.StartsWith("f:" + expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused_at_their_place()
    {
        var refused = Assert.Throws<ConfigurationException>(
            () => JsonSource.Parse("f", new byte[] { (byte)'{', (byte)'\n', (byte)' ', 0xFF, (byte)'}' }));

        Assert.StartsWith("f:2:2: $: The bytes here are not UTF-8.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_too_deep_or_too_large_is_refused()
    {
        var deep = new string('[', JsonSource.DepthMax + 1) + new string(']', JsonSource.DepthMax + 1);

        Assert.Throws<ConfigurationException>(() => Parse(deep));
        Assert.Throws<ConfigurationException>(() => Parse(new string(' ', JsonSource.SizeMaxBytes + 1)));
        Assert.NotNull(Parse(deep[1..^1]));
    }

    /// <summary>Whatever a slip of the hand leaves behind, there is an answer with a place, never a crash.</summary>
    [Fact]
    public void A_file_with_any_byte_changed_or_cut_there_is_read_or_refused()
    {
        var right = Encoding.UTF8.GetBytes(Configured.Example());
        var refused = 0;
        for (var at = 0; at < right.Length; at++)
        {
            foreach (var other in new[] { (byte)'"', (byte)'9', (byte)'}', (byte)'\\', (byte)0xE2 })
            {
                refused += IsRefused([.. right[..at], other, .. right[(at + 1)..]]) ? 1 : 0;
            }

            Assert.True(IsRefused(right[..at]));
        }

        Assert.InRange(refused, right.Length, right.Length * 5);
    }

    private static bool IsRefused(byte[] utf8)
    {
        try
        {
            _ = ConfigurationFile.Parse(Configured.Folder + "/f", utf8, _ => 1);
            return false;
        }
        catch (ConfigurationException refused)
        {
            Assert.All(refused.Findings, finding => Assert.True(finding is { Line: > 0, Column: > 0 }));
            return true;
        }
    }

    private static JsonSource Parse(string json) => JsonSource.Parse("f", Encoding.UTF8.GetBytes(json));
}

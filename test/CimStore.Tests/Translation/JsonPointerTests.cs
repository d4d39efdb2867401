using System.Text.Json;
using CimStore.Translation;
using Xunit;

namespace CimStore.Tests.Translation;

public sealed class JsonPointerTests
{
    /// <summary>The example of RFC 6901, section 5.</summary>
    private const string Rfc = """
        { "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8 }
        """;

    [Theory]
    [InlineData("/foo/0", "\"bar\"")]
    [InlineData("/", "0")]
    [InlineData("/a~1b", "1")]
    [InlineData("/c%d", "2")]
    [InlineData("/e^f", "3")]
    [InlineData("/g|h", "4")]
    [InlineData("/i\\j", "5")]
    [InlineData("/k\"l", "6")]
    [InlineData("/ ", "7")]
    [InlineData("/m~0n", "8")]
    [InlineData("/foo/2", null)]
    [InlineData("/foo/00", null)]
    [InlineData("/foo/-", null)]
    [InlineData("/foo/-1", null)]
    [InlineData("/foo/0/x", null)]
    [InlineData("/absent", null)]
    public void It_finds_what_the_RFC_says(string text, string? expected)
    {
        var root = JsonElement.Parse(Rfc);

        Assert.Equal(expected, Parsed(text).Find(root)?.GetRawText());
    }

    [Fact]
    public void The_empty_pointer_is_the_whole_event()
    {
        var root = JsonElement.Parse(Rfc);

        Assert.Equal(root.GetRawText(), Parsed("").Find(root)?.GetRawText());
        Assert.Null(Parsed("").Find(default));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("/~")]
    [InlineData("/~2")]
    [InlineData("/a~0~")]
    public void What_is_no_pointer_is_refused_with_the_reason(string text)
    {
        Assert.False(JsonPointer.TryParse(text, out _, out var reason));
        Assert.NotEmpty(reason);
    }

    [Fact]
    public void Length_and_depth_are_bounded()
    {
        Assert.False(JsonPointer.TryParse("/" + new string('a', JsonPointer.LengthMax), out _, out _));
        Assert.False(JsonPointer.TryParse(
            string.Concat(Enumerable.Repeat("/a", JsonPointer.TokensMax + 1)), out _, out _));
    }

    private static JsonPointer Parsed(string text) =>
        JsonPointer.TryParse(text, out var pointer, out var reason) ? pointer : throw new FormatException(reason);
}

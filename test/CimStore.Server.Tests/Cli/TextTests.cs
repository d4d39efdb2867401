using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>The small languages of the command line: names on lines, ranges, where the store is.</summary>
public sealed class TextTests
{
    [Theory]
    [InlineData("plain name.txt", "plain name.txt")]
    [InlineData("größe-日本-😀", "größe-日本-😀")]
    [InlineData("two\nlines", @"two\nlines")]
    [InlineData("tab\there", @"tab\there")]
    [InlineData("back\\slash", @"back\\slash")]
    [InlineData("bell\a", @"bell\x07")]
    [InlineData("next\u0085line", @"next\xc2\x85line")]
    public void A_name_stays_on_one_line(string name, string expected) =>
        Assert.Equal(expected, LineEscape.Escape(name));

    /// <summary>Not a row of the table above: what runs the tests passes rows on as UTF-8, which this is not.</summary>
    [Fact]
    public void A_byte_that_is_not_UTF_8_is_written_as_its_number() =>
        Assert.Equal(@"bad\xffbyte", LineEscape.Escape("bad\udcffbyte"));

    [Theory]
    [InlineData("0-99", 1000, 0, 100)]
    [InlineData("0-0", 1000, 0, 1)]
    [InlineData("990-2000", 1000, 990, 10)]
    [InlineData("10-", 1000, 10, 990)]
    [InlineData("-10", 1000, 990, 10)]
    [InlineData("-5000", 1000, 0, 1000)]
    [InlineData("0-", 0, 0, 0)]
    public void A_range_means_what_HTTP_means(string text, long size, long offset, long length) =>
        Assert.Equal((offset, length), ByteRange.Parse(text).Within(size));

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5")]
    [InlineData("9-1")]
    [InlineData("a-b")]
    [InlineData("1-2-3")]
    [InlineData("99999999999999999999-")]
    public void What_is_not_a_range_is_refused(string text) =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => ByteRange.Parse(text)).ExitCode);

    [Fact]
    public void A_range_past_the_end_is_refused() =>
        Assert.Equal(
            ExitCode.Refused, Assert.Throws<CliException>(() => ByteRange.Parse("1000-").Within(1000)).ExitCode);

    [Theory]
    [InlineData(null, null, null, null, null, "/home/u/.local/share/cimstore", null)]
    [InlineData(null, null, null, null, "/x", "/x/cimstore", null)]
    [InlineData(null, null, null, null, "relative", "/home/u/.local/share/cimstore", null)]
    [InlineData(null, null, "/d", null, "/x", "/d", null)]
    [InlineData("/o", null, "/d", null, null, "/o", null)]
    [InlineData(null, null, "/d", "http://n:1", null, "/d", "http://n:1/")]
    [InlineData("/o", null, null, "http://n:1", null, "/o", null)]
    [InlineData(null, "n:1", null, null, null, "/home/u/.local/share/cimstore", "http://n:1/")]
    public void The_store_is_where_the_nearest_word_says(
        string? data, string? server, string? dataVariable, string? serverVariable, string? xdg, string directory,
        string? address)
    {
        var found = StoreAddress.Resolve(data, server, name => name switch
        {
            "CIMSTORE_DATA" => dataVariable,
            "CIMSTORE_SERVER" => serverVariable,
            "XDG_DATA_HOME" => xdg,
            "HOME" => "/home/u",
            _ => null,
        });

        Assert.Equal((directory, address), (found.DataDirectory, found.Server?.ToString()));
    }

    [Fact]
    public void A_directory_and_a_node_exclude_each_other() =>
        Assert.Throws<CliException>(() => StoreAddress.Resolve("/d", "http://n", _ => null));
}

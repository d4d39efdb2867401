using System.Globalization;
using CimStore.Server.Configuration;
using Xunit;

namespace CimStore.Server.Tests.Configuration;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("65536", 65536)]
    [InlineData("64KiB", 65536)]
    [InlineData("1MiB", 1048576)]
    [InlineData("1MB", 1000000)]
    [InlineData("3TiB", 3298534883328)]
    [InlineData("8388607TiB", 9223370937343148032)]
    public void A_size_is_bytes_or_has_a_unit(string text, long bytes) => Assert.Equal(bytes, Quantity.Size(text));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("KiB")]
    [InlineData("1.5MiB")]
    [InlineData("1 MiB")]
    [InlineData("1mib")]
    [InlineData("1e3")]
    [InlineData("8388608TiB")]
    [InlineData("99999999999999999999")]
    public void What_is_no_size_is_none(string text) => Assert.Null(Quantity.Size(text));

    [Theory]
    [InlineData("30s", "00:00:30")]
    [InlineData("1m", "00:01:00")]
    [InlineData("36h", "1.12:00:00")]
    [InlineData("7d", "7.00:00:00")]
    public void A_duration_has_a_unit(string text, string expected) =>
        Assert.Equal(TimeSpan.Parse(expected, CultureInfo.InvariantCulture), Quantity.Duration(text));

    [Theory]
    [InlineData("30")]
    [InlineData("1w")]
    [InlineData("-1s")]
    [InlineData("1h30m")]
    [InlineData("9999999999999d")]
    [InlineData("922337203686s")]
    public void What_is_no_duration_is_none(string text) => Assert.Null(Quantity.Duration(text));

    [Fact]
    public void What_is_written_is_read_back()
    {
        Assert.All([0L, 1, 1023, 1024, 1536, 1 << 20, 100L << 20, 1L << 40, long.MaxValue], bytes =>
            Assert.Equal(bytes, Quantity.Size(Quantity.Of(bytes))));
        Assert.All([0, 1, 59, 60, 90, 3600, 86_400, 129_600], seconds =>
            Assert.Equal(TimeSpan.FromSeconds(seconds), Quantity.Duration(Quantity.Of(TimeSpan.FromSeconds(seconds)))));
    }
}

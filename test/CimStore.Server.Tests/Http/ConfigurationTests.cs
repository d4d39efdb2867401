using Microsoft.Extensions.Configuration;
using Xunit;

namespace CimStore.Server.Tests.Http;

public sealed class ConfigurationTests
{
    [Fact]
    public void What_is_configured_arrives()
    {
        var options = Bind(
            ("Listen:0", "http://127.0.0.1:0"), ("DataDirectory", "/srv/store"),
            ("Limits:RequestsInFlightMax", "7"), ("Limits:DataRateGrace", "00:00:02"));

        Assert.Equal(["http://127.0.0.1:0"], options.EffectiveListen());
        Assert.Equal("/srv/store", options.DataDirectory);
        Assert.Equal(7, options.Limits.RequestsInFlightMax);
        Assert.Equal(TimeSpan.FromSeconds(2), options.Limits.DataRateGrace);
    }

    [Fact]
    public void Nothing_configured_means_the_defaults()
    {
        Assert.Equal([ServerOptions.DefaultListen], Bind().EffectiveListen());
    }

    [Theory]
    [InlineData("Listne:0")]
    [InlineData("Limits:RequestsInFlight")]
    public void An_unknown_key_stops_the_host_and_is_named(string key)
    {
        var refused = Assert.Throws<ArgumentException>(() => Bind((key, "1")));

        Assert.Contains(key.Split(':')[^1] is "0" ? "Listne"
            : "RequestsInFlight", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Limits:RequestsInFlightMax", "0")]
    [InlineData("Limits:RequestsInFlightMax", "many")]
    [InlineData("Limits:FeedHeartbeat", "-1")]
    public void A_value_out_of_range_stops_the_host(string key, string value)
    {
        Assert.Throws<ArgumentException>(() => Bind((key, value)));
    }

    [Fact]
    public void A_file_that_is_no_JSON_is_named()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(path, "{ nonsense");
        try
        {
            var refused = Assert.ThrowsAny<ArgumentException>(() => ServerConfiguration.Read(path));

            Assert.StartsWith(path + ":1:3: ", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static ServerOptions Bind(params (string Key, string Value)[] values) =>
        ServerConfiguration.Bind(new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)))
            .Build());
}

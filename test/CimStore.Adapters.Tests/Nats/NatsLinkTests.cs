using CimStore.Http;
using CimStore.Locations;
using CimStore.Nats;
using CimStore.Testing.Servers;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

public sealed class NatsLinkTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "C7")]
    public async Task What_the_server_says_of_itself_is_read_and_not_assumed()
    {
        await using var servers = await NatsServers.StartAsync(extra: "max_payload: 262144");
        await using var link = await OpenAsync(servers);

        Assert.Equal(262144, link.Server.PayloadMaxBytes);
        Assert.True(link.Server.HasJetStream);
        Assert.StartsWith("2.", link.Server.Version, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_JetStream_is_refused_by_name()
    {
        await using var servers = await NatsServers.StartAsync(jetStreamExtra: null);
        await using var link = await OpenAsync(servers);

        var failure = Assert.Throws<LocationException>(link.RequireJetStream);

        Assert.Equal(LocationFault.Offline, failure.Fault);
        Assert.Contains("JetStream is not enabled", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_told_at_once_and_a_right_one_lets_in()
    {
        await using var servers = await NatsServers.StartAsync(
            extra: "authorization { user: cim, password: right }");

        await using var right = await OpenAsync(
            servers, new NatsCredential.Password("cim", Secret.FromValue("right")));
        var failure = await Assert.ThrowsAsync<LocationException>(async () => await OpenAsync(
            servers, new NatsCredential.Password("cim", Secret.FromValue("wrong"))));

        Assert.True(right.IsConnected);
        Assert.Equal(LocationFault.Offline, failure.Fault);
        Assert.Contains("Authorization", failure.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_token_lets_in()
    {
        await using var servers = await NatsServers.StartAsync(extra: "authorization { token: \"open\" }");

        await using var link = await OpenAsync(servers, new NatsCredential.Token(Secret.FromValue("open")));

        Assert.True(link.IsConnected);
    }

    [Fact]
    public async Task Nobody_there_is_told()
    {
        var options = new NatsOptions
        {
            Servers = [new Uri($"nats://127.0.0.1:{ServerProcess.FreePorts(1)[0]}")],
            ConnectTimeout = TimeSpan.FromSeconds(2),
        };

        var failure = await Assert.ThrowsAsync<LocationException>(
            async () => await NatsLink.OpenAsync(options, null, Token));

        Assert.Equal(LocationFault.Offline, failure.Fault);
        Assert.Contains("127.0.0.1", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2.9.10", ServerFeature.StreamMetadata, false)]
    [InlineData("2.10.27", ServerFeature.StreamMetadata, true)]
    [InlineData("2.11.0-beta.1", ServerFeature.MessageTtl, true)]
    [InlineData("2.11.9", ServerFeature.AtomicPublish, false)]
    [InlineData("of my own", ServerFeature.SyncAlways, false)]
    public void What_a_version_lacks_is_refused_by_name(string version, ServerFeature feature, bool has)
    {
        var facts = new ServerFacts(version, 1 << 20, true);

        Assert.Equal(has, facts.Has(feature));
        if (!has)
        {
            var failure = Assert.Throws<LocationException>(() => facts.Require(feature, "This"));
            Assert.Contains(version, failure.Message, StringComparison.Ordinal);
        }
    }

    private static ValueTask<NatsLink> OpenAsync(NatsServers servers, NatsCredential? credential = null) =>
        NatsLink.OpenAsync(
            new NatsOptions { Servers = servers.Urls, Credential = credential }, null, Token);
}

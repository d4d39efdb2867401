using System.Net;
using System.Net.Http.Headers;
using CimStore.Engine;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>D38: what a node may be reached by, and by whom.</summary>
public sealed class ExposureTests
{
    private const string TokenVariable = "CIMSTORE_TEST_TOKEN";

    [Theory]
    [InlineData("http://127.0.0.1:9640", false, false, false, true)]
    [InlineData("http://localhost:9640", false, false, false, true)]
    [InlineData("http://[::1]:9640", false, false, false, true)]
    [InlineData("http://0.0.0.0:9640", false, false, false, false)]
    [InlineData("http://[::]:9640", false, false, false, false)]
    [InlineData("http://192.0.2.1:9640", false, false, false, false)]
    [InlineData("http://0.0.0.0:9640", false, true, false, false)]
    [InlineData("https://0.0.0.0:9640", true, false, false, false)]
    [InlineData("https://0.0.0.0:9640", false, true, false, false)]
    [InlineData("https://127.0.0.1:9640", false, false, false, false)]
    [InlineData("https://0.0.0.0:9640", true, true, false, true)]
    [InlineData("http://0.0.0.0:9640", false, false, true, true)]
    [InlineData("http://example.org:9640", false, false, true, false)]
    [InlineData("http://127.0.0.1:9640/path", false, false, false, false)]
    [InlineData("9640", false, false, false, false)]
    public void Beyond_loopback_a_node_needs_TLS_and_a_token(
        string address, bool certificate, bool token, bool insecure, bool allowed)
    {
        var options = new ServerOptions
        {
            Listen = { address },
            CertificatePath = certificate ? "node.pem" : null,
            TokenReference = token ? "env:" + TokenVariable : null,
            Insecure = insecure,
        };

        var reason = Exposure.Refuse(options);

        Assert.Equal(allowed, reason is null);
    }

    [Fact]
    public async Task A_refused_exposure_opens_no_socket_and_closes_the_store()
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => RunningNode.StartAsync(options => options.Listen = ["http://0.0.0.0:0"]));

        Assert.Equal("exposure", refused.Refusal.Code);
        Assert.Contains("--insecure", refused.Refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_with_a_token_answers_only_who_shows_it()
    {
        Environment.SetEnvironmentVariable(TokenVariable, "correct horse");
        await using var node = await RunningNode.StartAsync(options => options.TokenReference = "env:" + TokenVariable);

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(node, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(node, "wrong horse"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(node, "correct hors"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(node, "correct horse"));
        using var live = await node.Http.GetAsync("/health/live", Token);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    [Fact]
    public async Task A_web_page_cannot_reach_the_node_through_the_users_browser()
    {
        await using var node = await RunningNode.StartAsync();
        using var rebound = new HttpRequestMessage(
            HttpMethod.Get, "/api/v1/status") { Headers = { Host = "evil.example" } };
        using var crossSite = new HttpRequestMessage(HttpMethod.Post, "/api/v1/content")
        {
            Headers = { { "Sec-Fetch-Site", "cross-site" } },
        };

        using var first = await node.Http.SendAsync(rebound, Token);
        using var second = await node.Http.SendAsync(crossSite, Token);

        Assert.Equal(HttpStatusCode.Forbidden, first.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, second.StatusCode);
    }

    [Fact]
    public void A_secret_does_not_print_itself()
    {
        Environment.SetEnvironmentVariable(TokenVariable, "correct horse");

        var secret = CimStore.Http.Secret.FromReference("env:" + TokenVariable);

        Assert.Equal("***", secret.ToString());
        Assert.Equal("***", $"{secret}");
        Assert.Throws<ArgumentException>(() => CimStore.Http.Secret.FromReference("correct horse"));
        Assert.Throws<ArgumentException>(() => CimStore.Http.Secret.FromReference("env:CIMSTORE_TEST_ABSENT"));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<HttpStatusCode> StatusAsync(RunningNode node, string? token)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, "/api/v1/status");
        message.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await node.Http.SendAsync(message, Token);
        return answer.StatusCode;
    }
}

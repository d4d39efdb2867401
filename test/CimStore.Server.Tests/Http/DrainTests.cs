using System.Net;
using System.Net.Http.Json;
using CimStore.Http;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Server.Tests.Http;

public sealed class DrainTests
{
    [Fact, Trait("row", "J2")]
    public async Task A_node_that_is_to_stop_is_not_ready_first_and_serves_on_until_it_was_noticed()
    {
        var time = new FakeTimeProvider();
        var delay = TimeSpan.FromSeconds(30);
        await using var node = await RunningNode.StartAsync(options => options.Limits.DrainDelay = delay, time: time);
        using var before = await node.Http.GetAsync("/health/ready", Token);

        var stopping = node.Host.StopAsync(Token);
        using var ready = await node.Http.GetAsync("/health/ready", Token);
        using var live = await node.Http.GetAsync("/health/live", Token);
        using var stored = await node.Http.PostAsync("/api/v1/content", new ByteArrayContent([1]), Token);
        time.Advance(delay);
        await stopping;

        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.Created, stored.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => node.Http.GetAsync("/health/live", Token));
    }

    [Theory]
    [InlineData("GET", "/api/v1/events")]
    [InlineData("GET", "/api/v1/names/default/n/watch")]
    [InlineData("POST", "/api/v1/check")]
    public async Task What_would_be_cut_at_once_is_not_begun_while_a_node_drains(string method, string path)
    {
        var time = new FakeTimeProvider();
        var delay = TimeSpan.FromSeconds(30);
        await using var node = await RunningNode.StartAsync(options => options.Limits.DrainDelay = delay, time: time);

        var stopping = node.Host.StopAsync(Token);
        using var answer = await node.Http.SendAsync(
            new HttpRequestMessage(new HttpMethod(method), path), HttpCompletionOption.ResponseHeadersRead, Token);
        var problem = await answer.Content.ReadFromJsonAsync(WireJson.Of<Problem>(), Token);
        time.Advance(delay);
        await stopping;

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "offline"), (answer.StatusCode, problem!.Code));
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}

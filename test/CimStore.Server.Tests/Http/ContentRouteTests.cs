using System.Globalization;
using System.Net;
using System.Text;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Http;
using System.Net.Http.Json;
using Xunit;

namespace CimStore.Server.Tests.Http;

public sealed class ContentRouteTests : IAsyncLifetime
{
    private const string Text = "0123456789abcdef";
    private RunningNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await RunningNode.StartAsync();

    public async ValueTask DisposeAsync() => await _node.DisposeAsync();

    [Fact, Trait("row", "J2")]
    public async Task Stored_content_comes_back_with_its_CID_as_ETag()
    {
        using var stored = await _node.Http.PostAsync("/api/v1/content", new StringContent(Text), Token);
        var result = await stored.Content.ReadFromJsonAsync(WireJson.Of<StoreResult>(), Token);
        using var got = await _node.Http.GetAsync(stored.Headers.Location, Token);

        Assert.Equal(HttpStatusCode.Created, stored.StatusCode);
        Assert.Equal($"\"{result!.Cid}\"", stored.Headers.ETag!.Tag);
        Assert.NotEmpty(result.Receipt.Copies);
        Assert.Equal(Text, await got.Content.ReadAsStringAsync(Token));
        Assert.Equal($"\"{result.Cid}\"", got.Headers.ETag!.Tag);
        Assert.Equal(Text.Length, got.Content.Headers.ContentLength);
        Assert.Contains("immutable", got.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Storing_the_same_bytes_again_answers_200()
    {
        await PostAsync(Text);

        using var again = await _node.Http.PostAsync("/api/v1/content", new StringContent(Text), Token);

        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Theory, Trait("row", "J2")]
    [InlineData("bytes=0-3", 206, "0123", "bytes 0-3/16")]
    [InlineData("bytes=4-", 206, "456789abcdef", "bytes 4-15/16")]
    [InlineData("bytes=-3", 206, "def", "bytes 13-15/16")]
    [InlineData("bytes=-99", 206, Text, "bytes 0-15/16")]
    [InlineData("bytes=10-99", 206, "abcdef", "bytes 10-15/16")]
    [InlineData("bytes=15-15", 206, "f", "bytes 15-15/16")]
    [InlineData("bytes=0-9223372036854775807", 206, Text, "bytes 0-15/16")]
    [InlineData("bytes=16-", 416, null, "bytes */16")]
    [InlineData("bytes=16-20", 416, null, "bytes */16")]
    [InlineData("bytes=-0", 416, null, "bytes */16")]
    [InlineData("bytes=0-1,4-5", 200, Text, null)]
    [InlineData("bytes=5-2", 200, Text, null)]
    [InlineData("bytes=x", 200, Text, null)]
    [InlineData("lines=0-3", 200, Text, null)]
    public async Task A_range_gives_what_RFC_9110_says(string range, int status, string? body, string? contentRange)
    {
        var cid = await PostAsync(Text);

        using var answer = await GetAsync(cid, ("Range", range));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(contentRange, answer.Content.Headers.ContentRange?.ToString());
        if (body is not null)
        {
            Assert.Equal(body, await answer.Content.ReadAsStringAsync(Token));
        }
    }

    [Theory]
    [InlineData("If-None-Match", "\"{0}\"", 304)]
    [InlineData("If-None-Match", "W/\"{0}\"", 304)]
    [InlineData("If-None-Match", "*", 304)]
    [InlineData("If-None-Match", "\"other\", \"{0}\"", 304)]
    [InlineData("If-None-Match", "\"other\"", 200)]
    [InlineData("If-Match", "\"{0}\"", 200)]
    [InlineData("If-Match", "*", 200)]
    [InlineData("If-Match", "W/\"{0}\"", 412)]
    [InlineData("If-Match", "\"other\"", 412)]
    public async Task A_condition_is_judged_by_the_CID(string header, string value, int status)
    {
        var cid = await PostAsync(Text);

        using var answer = await GetAsync(cid, (header, string.Format(CultureInfo.InvariantCulture, value, cid)));

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("\"{0}\"", 206)]
    [InlineData("W/\"{0}\"", 200)]
    [InlineData("\"other\"", 200)]
    [InlineData("Wed, 21 Oct 2015 07:28:00 GMT", 200)]
    public async Task A_range_is_given_only_when_If_Range_holds(string value, int status)
    {
        var cid = await PostAsync(Text);

        using var answer = await GetAsync(
            cid, ("Range", "bytes=1-2"), ("If-Range", string.Format(CultureInfo.InvariantCulture, value, cid)));

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task HEAD_says_the_length_and_sends_nothing()
    {
        var cid = await PostAsync(Text);

        using var answer = await _node.Http.SendAsync(new(HttpMethod.Head, $"/api/v1/content/{cid}"), Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Text.Length, answer.Content.Headers.ContentLength);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact]
    public async Task Empty_content_is_content()
    {
        var cid = await PostAsync("");

        using var answer = await GetAsync(cid);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(0, answer.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData("GET", "/api/v1/content/nonsense", 400, "malformed-cid")]
    [InlineData("PUT", "/api/v1/content/nonsense", 400, "malformed-cid")]
    [InlineData("GET", "/api/v1/objects/bafk", 400, "malformed-cid")]
    [InlineData("GET", "/api/v1/objects?limit=0", 400, "malformed-parameter")]
    [InlineData("GET", "/api/v1/objects?limit=x", 400, "malformed-request")]
    [InlineData("POST", "/api/v1/content?hash=md5", 422, "hash-unsupported")]
    [InlineData("POST", "/api/v1/content?codec=nope", 422, "codec-unknown")]
    [InlineData("POST", "/api/v1/content?class=Golden", 400, "malformed-parameter")]
    [InlineData("POST", "/api/v1/content?pin=some", 400, "malformed-parameter")]
    [InlineData("GET", "/api/v1/nothing", 404, "no-such-route")]
    [InlineData("GET", "/nothing", 404, "no-such-route")]
    [InlineData("PATCH", "/api/v1/objects", 405, "method-not-allowed")]
    [InlineData("GET", "/api/v1/names/default/absent", 404, "name-not-found")]
    [InlineData("GET", "/api/v1/uploads/absent", 404, "upload-not-found")]
    [InlineData("POST", "/api/v1/batch", 415, "unsupported-media-type")]
    [InlineData("GET", "/api/v1/events?after=x", 400, "malformed-parameter")]
    public async Task A_refusal_is_a_problem_document_with_its_code(string method, string path, int status, string code)
    {
        using var answer = await _node.Http.SendAsync(new(new HttpMethod(method), path), Token);

        var problem = await ReadProblemAsync(answer);
        Assert.Equal((status, code, status), ((int)answer.StatusCode, problem.Code, problem.Status));
        Assert.NotEmpty(problem.Detail);
        Assert.Equal($"urn:cimstore:problem:{code}", problem.Type);
    }

    [Fact]
    public async Task Absent_content_is_not_found_here()
    {
        var absent = Cid.ForRaw(new byte[32]);

        using var answer = await GetAsync(absent);

        Assert.Equal((404, "not-found-here"), ((int)answer.StatusCode, (await ReadProblemAsync(answer)).Code));
    }

    [Fact]
    public async Task A_body_that_is_not_the_expected_content_is_refused_and_leaves_nothing()
    {
        var other = Cid.ForRaw(new byte[32]);

        using var answer = await _node.Http.PutAsync($"/api/v1/content/{other}", new StringContent(Text), Token);

        Assert.Equal((422, "cid-mismatch"), ((int)answer.StatusCode, (await ReadProblemAsync(answer)).Code));
        Assert.Empty(await _node.Engine.ListAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Headers_above_the_limit_are_refused()
    {
        using var answer = await _node.Http.SendAsync(
            With(new(HttpMethod.Get, "/health/live"), ("X-Long", new string('x', 40_000))), Token);

        Assert.Equal(431, (int)answer.StatusCode);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<Problem> ReadProblemAsync(HttpResponseMessage answer)
    {
        Assert.Equal(Problem.MediaType, answer.Content.Headers.ContentType?.MediaType);
        return (await answer.Content.ReadFromJsonAsync(WireJson.Of<Problem>(), Token))!;
    }

    private static HttpRequestMessage With(HttpRequestMessage message, params (string Name, string Value)[] headers)
    {
        foreach (var (name, value) in headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    private async Task<Cid> PostAsync(string text)
    {
        using var answer = await _node.Http.PostAsync(
            "/api/v1/content", new ByteArrayContent(Encoding.UTF8.GetBytes(text)), Token);
        return (await answer.Content.ReadFromJsonAsync(WireJson.Of<StoreResult>(), Token))!.Cid;
    }

    private Task<HttpResponseMessage> GetAsync(Cid cid, params (string Name, string Value)[] headers) =>
        _node.Http.SendAsync(With(new(HttpMethod.Get, $"/api/v1/content/{cid}"), headers), Token);
}

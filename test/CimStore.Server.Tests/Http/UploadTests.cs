using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using CimStore.Http;
using CimStore.Server.Uploads;
using CimStore.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Server.Tests.Http;

public sealed class UploadTests
{
    [Fact, Trait("row", "J9")]
    public async Task Content_arrives_in_parts_and_is_stored_as_one()
    {
        await using var node = await RunningNode.StartAsync();
        var upload = await CreateAsync(node, "");

        using var first = await AppendAsync(node, upload, 0, "hello ");
        using var state = await node.Http.SendAsync(new(HttpMethod.Head, upload), Token);
        using var second = await AppendAsync(node, upload, 6, "world", complete: true);

        Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        Assert.Equal("6", state.Headers.GetValues(WireHeaders.UploadOffset).Single());
        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.Equal("hello world", await node.Http.GetStringAsync(second.Headers.Location, Token));
    }

    [Fact, Trait("row", "J9")]
    public async Task An_upload_survives_a_dropped_connection()
    {
        await using var node = await RunningNode.StartAsync();
        var upload = await CreateAsync(node, "");
        await using (var broken = await node.ConnectAsync())
        {
            await broken.WriteAsync(Encoding.ASCII.GetBytes(
                $"PATCH {upload} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {WireHeaders.PartialUploadMediaType}\r\n"
                + $"{WireHeaders.UploadOffset}: 0\r\nContent-Length: 11\r\n\r\nhello "), Token);
            while (await OffsetAsync(node, upload) < 6)
            {
                // What was sent is still on its way.
                await Task.Yield();
            }
        }

        var offset = await OffsetAsync(node, upload);
        var rest = await AppendAsync(node, upload, offset, "hello world"[(int)offset..], complete: true);
        while (rest.StatusCode == HttpStatusCode.Conflict)
        {
            // The node has not yet noticed that the first connection is gone.
            rest.Dispose();
            rest = await AppendAsync(node, upload, offset, "hello world"[(int)offset..], complete: true);
        }

        Assert.Equal(6, offset);
        Assert.Equal(HttpStatusCode.Created, rest.StatusCode);
        Assert.Equal("hello world", await node.Http.GetStringAsync(rest.Headers.Location, Token));
    }

    [Fact]
    public async Task A_part_at_another_offset_is_refused_with_the_right_one()
    {
        await using var node = await RunningNode.StartAsync();
        var upload = await CreateAsync(node, "");
        using var first = await AppendAsync(node, upload, 0, "abc");

        using var again = await AppendAsync(node, upload, 0, "abc");

        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Equal("3", again.Headers.GetValues(WireHeaders.UploadOffset).Single());
    }

    [Fact]
    public async Task Completing_again_gives_the_same_answer()
    {
        await using var node = await RunningNode.StartAsync();
        var upload = await CreateAsync(node, "");
        using var part = await AppendAsync(node, upload, 0, "abc");

        using var first = await node.Http.PutAsync(upload + "/complete", null, Token);
        using var second = await node.Http.PutAsync(upload + "/complete", null, Token);

        Assert.Equal(await first.Content.ReadAsStringAsync(Token), await second.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task An_upload_that_is_not_the_expected_content_is_refused()
    {
        await using var node = await RunningNode.StartAsync();
        var upload = await CreateAsync(node, "", ("X-Expected-CID", Content.Cid.ForRaw(new byte[32]).ToString()));

        using var answer = await AppendAsync(node, upload, 0, "abc", complete: true);

        var problem = await answer.Content.ReadFromJsonAsync(WireJson.Of<Problem>(), Token);
        Assert.Equal("cid-mismatch", problem!.Code);
        using var gone = await node.Http.GetAsync(upload, Token);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task The_number_of_uploads_is_bounded_and_cancelling_makes_room()
    {
        await using var node = await RunningNode.StartAsync(options => options.Limits.UploadsMax = 1);
        var upload = await CreateAsync(node, "");

        using var refused = await node.Http.PostAsync("/api/v1/uploads", null, Token);
        using var cancelled = await node.Http.DeleteAsync(upload, Token);
        using var room = await node.Http.PostAsync("/api/v1/uploads", null, Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
        Assert.Equal(HttpStatusCode.Created, room.StatusCode);
    }

    [Fact]
    public async Task An_upload_that_nobody_adds_to_is_given_up()
    {
        var time = new FakeTimeProvider();
        await using var node = await RunningNode.StartAsync(time: time);
        var upload = await CreateAsync(node, "");
        using var part = await AppendAsync(node, upload, 0, "abc");

        time.Advance(TimeSpan.FromHours(2));
        await node.Host.Services.GetRequiredService<UploadRegistry>().SweepAsync();

        using var gone = await node.Http.GetAsync(upload, Token);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.Empty(await node.Engine.ListAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_clock_that_jumps_neither_ends_an_upload_nor_keeps_one()
    {
        var steady = new FakeTimeProvider();
        var clock = new JumpingClock(steady);
        await using var node = await RunningNode.StartAsync(time: clock);
        var upload = await CreateAsync(node, "");
        using var part = await AppendAsync(node, upload, 0, "abc");
        var registry = node.Host.Services.GetRequiredService<UploadRegistry>();

        clock.Offset = TimeSpan.FromDays(1000);
        await registry.SweepAsync();
        Assert.Equal(3, await OffsetAsync(node, upload));
        clock.Offset = TimeSpan.FromDays(-1000);
        steady.Advance(TimeSpan.FromHours(2));
        await registry.SweepAsync();

        using var gone = await node.Http.GetAsync(upload, Token);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact, Trait("row", "J9")]
    public async Task An_upload_is_taken_up_by_the_next_process_of_the_node()
    {
        using var data = new KeptFolder();
        var engine = new KeptOpen(await RunningNode.OpenEngineAsync());
        string upload;
        await using (var first = await RunningNode.StartAsync(data.Configure, engine))
        {
            upload = await CreateAsync(
                first, "?hash=sha2-256&codec=dag-json&pin=none", (WireHeaders.Actor, "ada"),
                (WireHeaders.UploadLength, "11"));
            using var part = await AppendAsync(first, upload, 0, "\"hello ");
        }

        await using var second = await RunningNode.StartAsync(data.Configure, engine);
        var offset = await OffsetAsync(second, upload);
        using var rest = await AppendAsync(second, upload, offset, "you\"", complete: true);

        Assert.Equal(7, offset);
        Assert.Equal(HttpStatusCode.Created, rest.StatusCode);
        Assert.Equal("\"hello you\"", await second.Http.GetStringAsync(rest.Headers.Location, Token));
        var record = Assert.Single(await engine.ListAsync(null, Token).ToListAsync(Token));
        Assert.Equal((0x129UL, 0x12UL), (record.Key.Cid.Codec, record.Key.Cid.HashFunction));
        Assert.Empty(record.References);
        Assert.Equal("ada", (await engine.EventsAsync(Objects.Lsn.None, false, Token).FirstAsync(Token)).Context.Actor);
    }

    [Fact]
    public async Task Completing_again_gives_the_same_answer_from_the_next_process_too()
    {
        using var data = new KeptFolder();
        var engine = new KeptOpen(await RunningNode.OpenEngineAsync());
        string upload, answer;
        await using (var node = await RunningNode.StartAsync(data.Configure, engine))
        {
            upload = await CreateAsync(node, "");
            using var part = await AppendAsync(node, upload, 0, "abc", complete: true);
            answer = await part.Content.ReadAsStringAsync(Token);
        }

        await using var next = await RunningNode.StartAsync(data.Configure, engine);
        using var again = await next.Http.PutAsync(upload + "/complete", null, Token);

        Assert.Equal(3, await OffsetAsync(next, upload));
        Assert.Equal(answer, await again.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task An_upload_that_is_too_old_is_gone_when_the_node_starts()
    {
        using var data = new KeptFolder();
        var time = new FakeTimeProvider();
        var engine = new KeptOpen(await RunningNode.OpenEngineAsync());
        string old, young;
        await using (var node = await RunningNode.StartAsync(data.Configure, engine, time))
        {
            old = await CreateAsync(node, "");
            young = await CreateAsync(node, "");
            time.Advance(TimeSpan.FromMinutes(40));
            using var part = await AppendAsync(node, young, 0, "abc");
            time.Advance(TimeSpan.FromMinutes(40));
        }

        await using var next = await RunningNode.StartAsync(data.Configure, engine, time);

        using var gone = await next.Http.GetAsync(old, Token);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.Equal(3, await OffsetAsync(next, young));
        Assert.Single(Directory.EnumerateFiles(data.Uploads));
    }

    [Fact]
    public async Task An_upload_that_rotted_on_the_disk_is_not_stored_as_something_else()
    {
        using var data = new KeptFolder();
        await using var node = await RunningNode.StartAsync(data.Configure);
        var upload = await CreateAsync(node, "");
        using var part = await AppendAsync(node, upload, 0, "what was sent");
        var file = Assert.Single(Directory.EnumerateFiles(data.Uploads));
        var bytes = await File.ReadAllBytesAsync(file, Token);
        bytes[^40] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Token);

        using var answer = await node.Http.PutAsync(upload + "/complete", null, Token);

        var problem = await answer.Content.ReadFromJsonAsync(WireJson.Of<Problem>(), Token);
        Assert.Equal((502, "corrupt"), ((int)answer.StatusCode, problem!.Code));
        Assert.Empty(await node.Engine.ListAsync(null, Token).ToListAsync(Token));
        Assert.Empty(Directory.EnumerateFiles(data.Uploads));
    }

    [Fact]
    public async Task More_than_the_length_that_was_told_is_refused()
    {
        await using var node = await RunningNode.StartAsync();
        var upload = await CreateAsync(node, "", (WireHeaders.UploadLength, "3"));

        using var answer = await AppendAsync(node, upload, 0, "abcd");

        var problem = await answer.Content.ReadFromJsonAsync(WireJson.Of<Problem>(), Token);
        Assert.Equal("length-mismatch", problem!.Code);
        Assert.Equal(0, await OffsetAsync(node, upload));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<string> CreateAsync(
        RunningNode node, string query, params (string Name, string Value)[] headers)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/api/v1/uploads" + query);
        foreach (var (name, value) in headers)
        {
            message.Headers.Add(name, value);
        }

        using var answer = await node.Http.SendAsync(message, Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return answer.Headers.Location!.ToString();
    }

    private static async Task<HttpResponseMessage> AppendAsync(
        RunningNode node, string upload, long offset, string text, bool complete = false)
    {
        var body = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        body.Headers.ContentType = new MediaTypeHeaderValue(WireHeaders.PartialUploadMediaType);
        using var message = new HttpRequestMessage(HttpMethod.Patch, upload) { Content = body };
        message.Headers.Add(WireHeaders.UploadOffset, Routes.Number(offset));
        message.Headers.Add(WireHeaders.UploadComplete, complete ? "?1" : "?0");
        return await node.Http.SendAsync(message, Token);
    }

    /// <summary>The data directory of several nodes, one after the other.</summary>
    private sealed class KeptFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cimstore-uploads-");

        public string Uploads => Path.Combine(_folder.FullName, "uploads");

        public void Configure(ServerOptions options) => options.DataDirectory = _folder.FullName;

        public void Dispose() => _folder.Delete(recursive: true);
    }

    private static async Task<long> OffsetAsync(RunningNode node, string upload)
    {
        using var state = await node.Http.SendAsync(new(HttpMethod.Head, upload), Token);
        return long.Parse(
            state.Headers.GetValues(WireHeaders.UploadOffset)
                .Single(), System.Globalization.CultureInfo.InvariantCulture);
    }
}

using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using CimStore.Content;
using CimStore.Http;
using CimStore.Objects;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>Many contents in one request, as the frames of docs/http.md say.</summary>
[Trait("row", "J9")]
public sealed class BatchTests
{
    private const int ItemsMax = 4096;

    [Fact]
    public async Task As_many_as_a_batch_may_have_are_stored_and_read_back_in_order()
    {
        await using var node = await RunningNode.StartAsync();
        var contents = Enumerable.Range(0, ItemsMax).Select(Content).ToList();

        var stored = await PutAsync(node, contents.Select(content => ((Cid?)null, content)));
        var cids = stored.Items.Select(item => item.Stored!.Cid).ToList();
        var read = await GetAsync(node, cids);

        Assert.Equal(contents.Select(CidOf), cids);
        Assert.Equal(cids, read.Select(item => item.Head.Cid!.Value));
        Assert.All(read, item => Assert.Equal(BatchFrames.Found, item.Head.Status));
        Assert.All(read.Zip(contents), pair => Assert.Equal(pair.Second, pair.First.Content));
        Assert.All(stored.Items, item => Assert.True(item.Stored!.Receipt.Synced));
    }

    [Fact]
    public async Task One_item_that_is_refused_or_missing_or_rotten_harms_no_other()
    {
        var store = new MemoryStore(TimeProvider.System, new IdSource(TimeProvider.System));
        await using var node = await RunningNode.StartAsync(engine: await RunningNode.OpenEngineAsync(store));
        var absent = Cid.ForRaw(new byte[32]);

        var stored = await PutAsync(node, [(null, Content(1)), (absent, Content(2)), (null, Content(3))]);
        var (first, third) = (stored.Items[0].Stored!.Cid, stored.Items[2].Stored!.Cid);
        store.Rot((await node.Client.StatAsync(third, Token))!.Copies[0].Incarnation, 0);
        var read = await GetAsync(node, [first, absent, third, first]);

        Assert.Equal("cid-mismatch", stored.Items[1].Refused!.Code);
        Assert.Equal(
            [BatchFrames.Found, BatchFrames.Absent, BatchFrames.Corrupt, BatchFrames.Found],
            read.Select(item => item.Head.Status));
        Assert.Equal(Content(1), read[0].Content);
        Assert.Equal(Content(1), read[3].Content);
        Assert.Empty(read[1].Content);
        Assert.Empty(read[2].Content);
    }

    [Fact]
    public async Task A_batch_that_is_too_large_or_cut_off_stores_nothing()
    {
        await using var node = await RunningNode.StartAsync();
        var body = Frame(Enumerable.Range(0, ItemsMax + 1).Select(number => ((Cid?)null, Content(number))));

        using var tooMany = await PostAsync(node, body);
        using var cut = await PostAsync(node, body[..(body.Length / 2)]);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooMany.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, cut.StatusCode);
        Assert.Empty(await node.Engine.ListAsync(null, Token).ToListAsync(Token));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static byte[] Content(int number) =>
        [.. Enumerable.Range(0, number % 3000).Select(index => (byte)(index + number))];

    private static Cid CidOf(byte[] content)
    {
        var hash = new byte[Blake3.HashSizeBytes];
        Blake3.Hash(content, hash);
        return Cid.ForRaw(hash);
    }

    private static byte[] Frame(IEnumerable<(Cid? Expected, byte[] Content)> items)
    {
        var body = new ArrayBufferWriter<byte>();
        foreach (var (expected, content) in items)
        {
            BatchFrames.WriteHead(body, expected, status: null, content.Length);
            body.Write(content);
        }

        return body.WrittenSpan.ToArray();
    }

    private static async Task<HttpResponseMessage> PostAsync(RunningNode node, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(WireHeaders.BatchMediaType);
        return await node.Http.PostAsync("/api/v1/batch", content, Token);
    }

    private static async Task<WireTypes.BatchReply> PutAsync(
        RunningNode node, IEnumerable<(Cid? Expected, byte[] Content)> items)
    {
        using var answer = await PostAsync(node, Frame(items));
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(
            WireJson.Of<WireTypes.BatchReply>(), Token))!;
    }

    private static async Task<List<(BatchHead Head, byte[] Content)>> GetAsync(RunningNode node, IEnumerable<Cid> cids)
    {
        using var answer = await node.Http.PostAsJsonAsync(
            "/api/v1/batch/get", new WireTypes.BatchGetRequest([.. cids]), WireJson.Of<WireTypes.BatchGetRequest>(),
            Token);
        return Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(Token));
    }

    private static List<(BatchHead Head, byte[] Content)> Parse(byte[] body)
    {
        var items = new List<(BatchHead, byte[])>();
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(body));
        while (!reader.End)
        {
            Assert.True(BatchFrames.TryReadHead(ref reader, withStatus: true, out var head));
            Assert.True(reader.TryReadExact((int)head.LengthBytes, out var content));
            items.Add((head, content.ToArray()));
        }

        return items;
    }
}

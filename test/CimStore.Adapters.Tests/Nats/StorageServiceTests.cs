using System.Text;
using System.Text.Json;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Nats.Commands;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.ObjectStore;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

public sealed class StorageServiceTests
{
    private const string Unknown = "bafkr4ihtkzqpjuu4bzmhmbtpb5xnzxwyw3ptlhdlkmqt4jsdhgnizikwwu";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "G1")]
    public async Task What_is_stored_by_message_is_acknowledged_and_retrieved()
    {
        await using var node = await NatsNode.StartAsync();
        var content = "over the wire"u8.ToArray();
        var message = Guid.CreateVersion7().ToString();
        var correlation = Guid.CreateVersion7().ToString();

        var stored = await node.StoreAsync(content, new NatsHeaders
        {
            ["X-Message-ID"] = message,
            ["X-Correlation-ID"] = correlation,
            ["X-Class"] = "Ephemeral",
        });
        var cid = stored.GetProperty("cid").GetString()!;
        var answer = await node.RequestAsync("commands.storage.retrieve", default, new NatsHeaders { ["X-CID"] = cid });

        Assert.Equal("Accepted", stored.GetProperty("status").GetString());
        Assert.Equal(message, stored.GetProperty("command_id").GetString());
        Assert.Equal(correlation, stored.GetProperty("correlation_id").GetString());
        Assert.Equal("Ephemeral", stored.GetProperty("receipt").GetProperty("class").GetString());
        Assert.True(stored.GetProperty("receipt").GetProperty("synced").GetBoolean());
        Assert.Equal(content, answer.Data);
        Assert.Equal(cid, answer.Headers!["X-CID"]);
        Assert.Equal("true", answer.Headers["X-Chunk-Last"]);
        Assert.Equal("Accepted", answer.Headers["X-Status"]);
    }

    [Fact]
    [Trait("row", "G1")]
    public async Task Every_command_has_its_answer()
    {
        await using var node = await NatsNode.StartAsync();
        var stored = await node.AskAsync("store", new
        {
            content = Convert.ToBase64String("named"u8),
            data_class = "metadata",
            @namespace = "papers",
        });
        var cid = stored.GetProperty("cid").GetString()!;

        var named = await node.AskAsync("name.set", new { name = "one", cid });
        var found = await node.AskAsync("name.get", new { name = "one" });
        var known = await node.AskAsync("stat", new { cid });
        var why = await node.AskAsync("explain", new { cid });
        var proved = await node.AskAsync("verify", new { cid });
        var copies = await node.AskAsync("replicate", new { cid, factor = 1 });
        var moved = await node.AskAsync("migrate", new { cid, tier = "hot" });
        var unnamed = await node.AskAsync("name.delete", new { name = "one" });
        var deleted = await node.AskAsync("delete", new { cid, @namespace = "papers", grace = "60" });

        Assert.All(
            [stored, named, found, known, why, proved, copies, moved, unnamed, deleted],
            answer => Assert.Equal("Accepted", answer.GetProperty("status").GetString()));
        Assert.Equal(cid, found.GetProperty("result").GetProperty("cid").GetString());
        Assert.True(proved.GetProperty("result").GetProperty("isWhole").GetBoolean());
        Assert.True(deleted.GetProperty("result").GetProperty("found").GetBoolean());
    }

    [Fact]
    [Trait("row", "G1")]
    public async Task The_same_message_id_takes_effect_once_and_other_content_under_it_is_refused()
    {
        await using var node = await NatsNode.StartAsync();
        var id = Guid.CreateVersion7().ToString();

        var first = await node.StoreAsync("once"u8.ToArray(), new NatsHeaders { ["X-Message-ID"] = id });
        var again = await node.StoreAsync("once"u8.ToArray(), new NatsHeaders { ["Nats-Msg-Id"] = id });
        var other = await node.StoreAsync("twice"u8.ToArray(), new NatsHeaders { ["X-Message-ID"] = id });

        var events = await node.Node.EventsAsync(Objects.Lsn.None, false, Token)
            .CountAsync(entry => entry.Event is Objects.StorageEvent.Stored, Token);
        Assert.Equal(1, events);
        Assert.True(again.GetProperty("replayed").GetBoolean());
        Assert.Equal(first.GetProperty("lsn").GetUInt64(), again.GetProperty("lsn").GetUInt64());
        Assert.Equal("message-id-reused", other.GetProperty("code").GetString());
        Assert.Equal(id, other.GetProperty("command_id").GetString());
    }

    [Theory]
    [InlineData("stat", """{"cid":"bafkr4ihtkzqpjuu4bzmhmbtpb5xnzxwyw3ptlhdlkmqt4jsdhgnizikwwu"}""", "not-found-here")]
    [InlineData("stat", """{"cid":"nonsense"}""", "malformed-cid")]
    [InlineData("stat", """{"cdi":"nonsense"}""", "malformed-body")]
    [InlineData("stat", """{"cid":"a","cid":"b"}""", "malformed-body")]
    [InlineData("stat", "[]", "malformed-body")]
    [InlineData("stat", "", "malformed-parameter")]
    [InlineData("store", """{"content":"not base64!"}""", "malformed-parameter")]
    [InlineData("store", """{"content":"AAAA","class":"7"}""", "malformed-parameter")]
    [InlineData("store", """{"content":"AAAA","hash":"md5"}""", "hash-unsupported")]
    [InlineData("store", """{"content":"AAAA","message_id":"me"}""", "malformed-parameter")]
    [InlineData("store", """{"content":"AAAA","owner":""}""", "malformed-parameter")]
    [InlineData("store", """{"expected_cid":"bafkr4ihtkzqpjuu4bzmhmbtpb5xnzxwyw3ptlhdlkmqt4jsdhgnizikwwu"}""",
        "content-not-found")]
    [InlineData("name.get", """{"name":"nobody"}""", "name-not-found")]
    [InlineData("name.set", """{"name":"n"}""", "malformed-parameter")]
    [InlineData("migrate", """{"cid":"bafkr4ihtkzqpjuu4bzmhmbtpb5xnzxwyw3ptlhdlkmqt4jsdhgnizikwwu","tier":"tepid"}""",
        "malformed-parameter")]
    [Trait("row", "G1")]
    public async Task What_cannot_be_done_is_rejected_with_a_stable_code(string verb, string body, string code)
    {
        await using var node = await NatsNode.StartAsync();

        var answer = await node.RequestAsync(
            $"commands.storage.{verb}", Encoding.UTF8.GetBytes(body),
            new NatsHeaders { ["Content-Type"] = "application/json" });

        var json = JsonDocument.Parse(answer.Data!).RootElement;
        Assert.Equal("Rejected", json.GetProperty("status").GetString());
        Assert.Equal(code, json.GetProperty("code").GetString());
        Assert.True(Guid.TryParse(json.GetProperty("command_id").GetString(), out _));
        Assert.NotEmpty(json.GetProperty("reason").GetString()!);
        Assert.Equal(code, answer.Headers!["Nats-Service-Error"]);
    }

    [Fact]
    public async Task Ids_are_accepted_as_other_modules_write_them()
    {
        await using var node = await NatsNode.StartAsync();
        var message = Guid.NewGuid().ToString();
        var correlation = Guid.NewGuid().ToString();

        var tagged = await node.AskAsync("store", new
        {
            content = "AAAA",
            message_id = message,
            correlation_id = new { kind = "Transaction", value = correlation },
            causation_id = (string?)null,
        });
        var header = await node.StoreAsync("x"u8.ToArray(), new NatsHeaders
        {
            ["x-correlation-id"] = $$"""{"kind":"Single","value":"{{correlation}}"}""",
            ["X-Causation-ID"] = Unknown,
        });

        Assert.Equal(message, tagged.GetProperty("command_id").GetString());
        Assert.Equal(correlation, tagged.GetProperty("correlation_id").GetString());
        Assert.Equal(correlation, header.GetProperty("correlation_id").GetString());
        Assert.Equal(7, Guid.Parse(header.GetProperty("command_id").GetString()!).Version);
    }

    [Theory]
    [InlineData(65536 - 4096, 1)]
    [InlineData(65536 - 4095, 2)]
    [InlineData(1_000_000, 21)]
    [Trait("row", "C7")]
    public async Task Content_above_the_servers_limit_comes_in_chunks_that_are_asked_for(int size, int chunks)
    {
        await using var node = await NatsNode.StartAsync(extra: "max_payload: 65536");
        var content = new byte[size];
        new Random(7).NextBytes(content);
        var cid = await PutAsync(node.Node, content);
        var (received, asked, count) = (new MemoryStream(), 0, 0);

        var inbox = node.Client.NewInbox();
        await using var inboxed = await node.Client.SubscribeCoreAsync<byte[]>(inbox, cancellationToken: Token);
        await node.Client.PublishAsync(
            "commands.storage.retrieve", Encoding.UTF8.GetBytes($$"""{"cid":"{{cid}}"}"""), replyTo: inbox,
            cancellationToken: Token);
        await foreach (var chunk in inboxed.Msgs.ReadAllAsync(Token))
        {
            Assert.Equal(count++.ToString(), chunk.Headers!["X-Chunk-Index"]);
            Assert.Equal(received.Length.ToString(), chunk.Headers["X-Offset"]);
            received.Write(chunk.Data!);
            if (chunk.ReplyTo is not null)
            {
                asked++;
                await chunk.ReplyAsync(cancellationToken: Token);
            }

            if (chunk.Headers["X-Chunk-Last"] == "true")
            {
                break;
            }
        }

        Assert.Equal(content, received.ToArray());
        Assert.Equal(chunks, count);
        Assert.Equal((chunks - 1) / 8, asked);
    }

    [Fact]
    public async Task A_part_is_what_was_asked_for()
    {
        await using var node = await NatsNode.StartAsync();
        var cid = await PutAsync(node.Node, "0123456789"u8.ToArray());

        var part = await node.RequestAsync(
            "commands.storage.retrieve", Encoding.UTF8.GetBytes($$"""{"cid":"{{cid}}","offset":3,"length":4}"""));
        var beyond = await node.AskAsync("retrieve", new { cid = cid.ToString(), offset = 11 });

        Assert.Equal("3456"u8.ToArray(), part.Data);
        Assert.Equal("10", part.Headers!["X-Content-Size"]);
        Assert.Equal("range-not-satisfiable", beyond.GetProperty("code").GetString());
    }

    [Fact]
    [Trait("row", "C7")]
    public async Task Large_content_is_put_into_the_bucket_and_stored_by_reference_once()
    {
        await using var node = await NatsNode.StartAsync();
        var content = new byte[3_000_000];
        new Random(8).NextBytes(content);
        Span<byte> digest = stackalloc byte[32];
        Blake3.Hash(content, digest);
        var cid = Cid.ForRaw(digest).ToString();
        var js = new NatsJSContext(node.Client);
        var bucket = await new NatsObjContext(js).GetObjectStoreAsync("cimstore-uploads", Token);
        await bucket.PutAsync("my upload", content, Token);
        var id = Guid.CreateVersion7().ToString();

        var wrong = await node.AskAsync("store", new { @object = "my upload", expected_cid = Unknown });
        var stored = await node.AskAsync("store", new { @object = "my upload", expected_cid = cid, message_id = id });
        var again = await node.AskAsync("store", new { @object = "my upload", expected_cid = cid, message_id = id });

        Assert.Equal("cid-mismatch", wrong.GetProperty("code").GetString());
        Assert.Equal("Accepted", stored.GetProperty("status").GetString());
        Assert.Equal(3_000_000, stored.GetProperty("size_bytes").GetInt64());
        Assert.True(again.GetProperty("replayed").GetBoolean());
        await Assert.ThrowsAsync<NatsObjNotFoundException>(
            async () => await bucket.GetInfoAsync("my upload", false, Token));
    }

    [Fact]
    public async Task A_deadline_that_has_passed_does_nothing()
    {
        await using var node = await NatsNode.StartAsync();

        var late = await node.StoreAsync("late"u8.ToArray(), new NatsHeaders
        {
            ["X-Deadline"] = "2020-01-01T00:00:00Z",
        });
        var none = await node.StoreAsync("late"u8.ToArray(), new NatsHeaders { ["X-Timeout-Ms"] = "0" });

        Assert.Equal("deadline-passed", late.GetProperty("code").GetString());
        Assert.Equal("deadline-passed", none.GetProperty("code").GetString());
        Assert.Equal(0, (await node.Node.StatusAsync(Token)).Objects);
    }

    [Fact]
    public async Task Above_the_limit_a_command_is_refused_at_once_and_a_stuck_one_ends_by_its_deadline()
    {
        await using var node = await NatsNode.StartAsync(
            options => options.CommandsInFlightMax = 1, extra: "max_payload: 65536");
        var cid = await PutAsync(node.Node, new byte[1_000_000]);
        var inbox = node.Client.NewInbox();
        await using var inboxed = await node.Client.SubscribeCoreAsync<byte[]>(inbox, cancellationToken: Token);

        await node.Client.PublishAsync(
            "commands.storage.retrieve", Encoding.UTF8.GetBytes($$"""{"cid":"{{cid}}"}"""),
            new NatsHeaders { ["X-Timeout-Ms"] = "3000" }, inbox, cancellationToken: Token);
        NatsMsg<byte[]> chunk;
        do
        {
            chunk = await inboxed.Msgs.ReadAsync(Token);
        }
        while (chunk.ReplyTo is null);

        // It asks, and nobody answers.
        var busy = await node.StoreAsync("more"u8.ToArray());
        var last = await inboxed.Msgs.ReadAsync(Token);
        var fine = await node.StoreAsync("more"u8.ToArray());

        Assert.Equal("busy", busy.GetProperty("code").GetString());
        Assert.Equal(1, busy.GetProperty("retry_after_seconds").GetInt32());
        Assert.Equal("deadline-passed", last.Headers!["Nats-Service-Error"].ToString());
        Assert.Equal("true", last.Headers["X-Chunk-Last"].ToString());
        Assert.Equal("Accepted", fine.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Commands_are_answered_again_after_the_server_was_away()
    {
        await using var node = await NatsNode.StartAsync();
        await node.StoreAsync("before"u8.ToArray());

        node.Servers.Kill(0);
        await node.Servers.StartAsync(0);
        JsonElement? stored = null;
        while (stored is null)
        {
            Token.ThrowIfCancellationRequested();
            try
            {
                stored = await node.StoreAsync("after"u8.ToArray());
            }
            catch (NatsException)
            {
                await Task.Delay(50, Token);
            }
        }

        Assert.Equal("Accepted", stored.Value.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Answers_are_messages_caused_by_their_command()
    {
        await using var node = await NatsNode.StartAsync();
        var id = Guid.CreateVersion7().ToString();

        var answer = await node.RequestAsync(
            "commands.storage.store", "c"u8.ToArray(), new NatsHeaders { ["X-Message-ID"] = id });

        Assert.Equal(id, answer.Headers!["X-Causation-ID"].ToString());
        Assert.Equal(id, answer.Headers["X-Correlation-ID"]);
        Assert.Equal(7, Guid.Parse(answer.Headers["X-Message-ID"]!).Version);
        Assert.NotEqual(id, answer.Headers["X-Message-ID"].ToString());
    }

    [Fact]
    public async Task The_service_is_discovered_with_its_figures()
    {
        await using var node = await NatsNode.StartAsync();
        await node.StoreAsync("counted"u8.ToArray());

        var info = JsonDocument.Parse((await node.RequestAsync("$SRV.INFO.cimstore", default)).Data!).RootElement;
        var stats = JsonDocument.Parse((await node.RequestAsync("$SRV.STATS.cimstore", default)).Data!).RootElement;

        Assert.Equal(
            CommandVerb.All.Select(verb => "commands.storage." + verb.Name).Order(),
            info.GetProperty("endpoints").EnumerateArray()
                .Select(one => one.GetProperty("subject").GetString()).Order());
        var store = stats.GetProperty("endpoints").EnumerateArray().Single(
            one => one.GetProperty("name").GetString() == "store");
        Assert.Equal(1, store.GetProperty("num_requests").GetInt32());
        Assert.Equal(1, store.GetProperty("data").GetProperty("commands").GetInt32());
    }

    [Fact]
    [Trait("row", "E7")]
    public async Task A_commands_span_has_its_ids()
    {
        var seen = new System.Collections.Concurrent.ConcurrentQueue<System.Diagnostics.Activity>();
        using var listener = new System.Diagnostics.ActivityListener
        {
            ShouldListenTo = source => source.Name == StorageService.ActivitySourceName,
            Sample = (ref _) => System.Diagnostics.ActivitySamplingResult.AllData,
            ActivityStopped = seen.Enqueue,
        };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);
        await using var node = await NatsNode.StartAsync();
        var correlation = Guid.CreateVersion7().ToString();

        await node.StoreAsync("traced"u8.ToArray(), new NatsHeaders { ["X-Correlation-ID"] = correlation });

        Assert.Contains(seen, span => span.OperationName == "storage.store"
            && (string?)span.GetTagItem("cimstore.correlation_id") == correlation);
    }

    private static async Task<Cid> PutAsync(StorageNode client, byte[] content) =>
        (await client.StoreAsync(
            System.IO.Pipelines.PipeReader.Create(new(content)), StoreRequest.Default, Token)).Cid;
}

using System.Globalization;
using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Nats;
using CimStore.Nats.Events;
using CimStore.Objects;
using CimStore.Testing.Memory;
using CimStore.Testing.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using NATS.Client.JetStream;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

public sealed class EventOutboxTests
{
    private static readonly EventOutboxOptions Quick = new()
    {
        // Shorter than any outage here, so that the server's memory of ids cannot be what prevents duplicates.
        DuplicateWindow = TimeSpan.FromMilliseconds(100),
        RetryAfter = TimeSpan.FromMilliseconds(50),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "G2")]
    [Trait("row", "D8")]
    public async Task Every_event_is_in_the_stream_once_in_order_with_its_headers()
    {
        await using var servers = await NatsServers.StartAsync();
        var (node, _) = await MemoryNode.OpenAsync(TimeProvider.System, new StorageNodeOptions(), Token);
        await using var owned = node;
        var outbox = Outbox(servers, node, Quick);

        await using (Running(outbox))
        {
            var cid = await StoreAsync(node, 1);
            await node.DeleteAsync(cid, DeleteRequest.Default, Token);
            await CaughtUpAsync(outbox);
        }

        var messages = await ReadAsync(servers, "CIM-EVENTS");
        var stored = messages[0];
        Assert.Equal(["events.storage.stored.hot", "events.storage.deleted"], messages.Select(m => m.Subject));
        var entry = EventEnvelope.Read(stored.Data);
        Assert.Equal(entry.EventId.ToString(), stored.Headers["Nats-Msg-Id"].ToString());
        Assert.Equal(entry.EventId.ToString(), stored.Headers["X-Event-ID"].ToString());
        Assert.Equal(entry.EventCid.ToString(), stored.Headers["X-Event-CID"].ToString());
        Assert.Equal(entry.Context.CorrelationId.ToString(), stored.Headers["X-Correlation-ID"].ToString());
        Assert.Equal(entry.Context.MessageId.ToString(), stored.Headers["X-Causation-ID"].ToString());
        Assert.Equal("storage.stored", stored.Headers["X-Event-Type"].ToString());
        Assert.Equal(entry.Lsn.ToString(), stored.Headers["X-Sequence"].ToString());
        Assert.Equal(
            ObjectHistory.KeyOf(entry.Event)!.Value.Cid.ToString(), stored.Headers["X-Aggregate-ID"].ToString());
        await RequireUnbrokenAsync(node, messages);
    }

    [Fact]
    [Trait("row", "G2")]
    public async Task The_body_may_be_dag_cbor()
    {
        await using var servers = await NatsServers.StartAsync();
        var (node, _) = await MemoryNode.OpenAsync(TimeProvider.System, new StorageNodeOptions(), Token);
        await using var owned = node;
        var outbox = Outbox(servers, node, new EventOutboxOptions { Format = EventFormat.DagCbor });

        await using (Running(outbox))
        {
            await StoreAsync(node, 1);
            await CaughtUpAsync(outbox);
        }

        var message = Assert.Single(await ReadAsync(servers, "CIM-EVENTS"));
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        DagJson.Encode(DagCbor.Decode(message.Data), json);
        Assert.Equal("application/vnd.ipld.dag-cbor", message.Headers["Content-Type"].ToString());
        Assert.Equal(
            message.Headers["X-Event-CID"].ToString(), EventEnvelope.Read(json.WrittenSpan).EventCid.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Trait("row", "G2")]
    public async Task The_server_is_killed_in_the_middle_again_and_again_and_nothing_is_lost_or_there_twice(int seed)
    {
        await using var servers = await NatsServers.StartAsync(jetStreamExtra: "");
        var (node, _) = await MemoryNode.OpenAsync(TimeProvider.System, new StorageNodeOptions(), Token);
        await using var owned = node;
        var outbox = Outbox(servers, node, Quick);
        var random = new Random(seed);

        await using (Running(outbox))
        {
            for (var round = 0; round < 3; round++)
            {
                var storing = Task.Run(
                    async () =>
                    {
                        for (var index = 0; index < 1500; index++)
                        {
                            await StoreAsync(node, (round * 1500) + index);
                        }
                    },
                    Token);
                await Task.Delay(random.Next(20, 250), Token);
                servers.Kill(0);
                await Task.Delay(300, Token);
                await servers.StartAsync(0);
                await storing;
            }

            await CaughtUpAsync(outbox);
        }

        await RequireUnbrokenAsync(node, await ReadAsync(servers, "CIM-EVENTS"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("row", "G2")]
    public async Task A_node_that_is_started_anew_goes_on_where_the_stream_ends(bool keepsHint)
    {
        await using var servers = await NatsServers.StartAsync();
        var (node, _) = await MemoryNode.OpenAsync(TimeProvider.System, new StorageNodeOptions(), Token);
        await using var owned = node;
        for (var round = 0; round < 4; round++)
        {
            var outbox = Outbox(servers, node, Quick);
            await using (Running(outbox))
            {
                for (var index = 0; index < 300; index++)
                {
                    await StoreAsync(node, (round * 300) + index);
                }

                if (round % 2 == 1)
                {
                    await CaughtUpAsync(outbox);
                }
            }

            await Task.Delay(200, Token);
            if (!keepsHint)
            {
                await DeleteStreamAsync(servers, "KV_cimstore-outbox");
            }
        }

        var last = Outbox(servers, node, Quick);
        await using (Running(last))
        {
            await CaughtUpAsync(last);
        }

        await RequireUnbrokenAsync(node, await ReadAsync(servers, "CIM-EVENTS"));
    }

    [Fact]
    public async Task Two_nodes_share_the_stream_and_reads_have_their_own()
    {
        await using var servers = await NatsServers.StartAsync();
        var (one, _) = await MemoryNode.OpenAsync(
            TimeProvider.System, new StorageNodeOptions { ReadEventsMax = 100 }, Token);
        var (two, _) = await MemoryNode.OpenAsync(TimeProvider.System, new StorageNodeOptions(), Token);
        await using var first = one;
        await using var second = two;
        var (outboxOne, outboxTwo) = (Outbox(servers, one, Quick), Outbox(servers, two, Quick));

        await using (Running(outboxOne))
        await using (Running(outboxTwo))
        {
            for (var index = 0; index < 50; index++)
            {
                var cid = await StoreAsync(one, index);
                await StoreAsync(two, index + 1000);
                await one.ReadAsync(cid, RetrieveRequest.Default, 0, new byte[16], Token);
            }

            await one.TellReadsAsync(Token);
            await CaughtUpAsync(outboxOne);
            await CaughtUpAsync(outboxTwo);
        }

        var events = await ReadAsync(servers, "CIM-EVENTS");
        var reads = await ReadAsync(servers, "CIM-READS");
        Assert.Equal(50, events.Count(message => message.Headers["X-Chain-ID"] == events[^1].Headers["X-Chain-ID"]));
        Assert.Equal(100, events.Count);
        Assert.Equal(50, reads.Count);
        Assert.All(reads, message => Assert.Equal("reads.storage.retrieved", message.Subject));
    }

    [Fact]
    public async Task While_nobody_takes_them_the_lag_is_told()
    {
        await using var servers = await NatsServers.StartAsync();
        var (node, _) = await MemoryNode.OpenAsync(TimeProvider.System, new StorageNodeOptions(), Token);
        await using var owned = node;
        var outbox = Outbox(servers, node, Quick);

        await using (Running(outbox))
        {
            await StoreAsync(node, 1);
            await CaughtUpAsync(outbox);
            servers.Kill(0);
            await WaitForAsync(() => outbox.Status.Failure is not null);
            await StoreAsync(node, 2);
            await StoreAsync(node, 3);

            var lag = await outbox.MeasureLagAsync(Token);
            Assert.False(outbox.Status.IsConnected);
            Assert.Equal(2, lag.Events);
            Assert.True(lag.Time > TimeSpan.Zero);

            await servers.StartAsync(0);
            await CaughtUpAsync(outbox);
            Assert.True(outbox.Status.IsConnected);
            Assert.Equal(new OutboxLag(0, TimeSpan.Zero), await outbox.MeasureLagAsync(Token));
        }
    }

    [Fact]
    public async Task A_journal_that_was_put_back_is_not_published_over_what_was()
    {
        await using var servers = await NatsServers.StartAsync();
        var (node, _) = await MemoryNode.OpenAsync(TimeProvider.System, new StorageNodeOptions(), Token);
        await using var owned = node;
        var outbox = Outbox(servers, node, Quick);
        await using (Running(outbox))
        {
            await StoreAsync(node, 1);
            await CaughtUpAsync(outbox);
        }

        // The hint of a later place, as it would be after a backup was put back.
        var link = await NatsLink.OpenAsync(new NatsOptions { Servers = servers.Urls }, null, Token);
        await using var linked = link;
        var hints = await OutboxHints.OpenAsync(link, 1, Token);
        var first = await node.EventsAsync(Lsn.None, false, Token).FirstAsync(Token);
        await hints.PutAsync(first.EventCid, new OutboxHint(new Lsn(999_999), first.EventCid, 1, 0), Token);

        await using (Running(outbox))
        {
            await WaitForAsync(() => outbox.Status.Failure?.Contains("put back", StringComparison.Ordinal) == true);
        }
    }

    [Theory]
    [InlineData("cim-start", "dev.domain.storage.object.stored.CID", "DOMAIN_STORAGE_EVENTS")]
    [InlineData("alchemist", "persistence.events.object.stored", "CIM-EVENTS")]
    public async Task Other_modules_subjects_are_a_matter_of_configuration(string name, string subject, string stream)
    {
        await using var servers = await NatsServers.StartAsync();
        var (node, _) = await MemoryNode.OpenAsync(TimeProvider.System, new StorageNodeOptions(), Token);
        await using var owned = node;
        SubjectProfile profile = name == "alchemist"
            ? new SubjectProfile.Alchemist("persistence")
            : new SubjectProfile.CimStart("dev");
        var outbox = Outbox(servers, node, new EventOutboxOptions { Profile = profile });

        Cid cid;
        await using (Running(outbox))
        {
            cid = await StoreAsync(node, 1);
            await CaughtUpAsync(outbox);
        }

        var message = Assert.Single(await ReadAsync(servers, stream));
        Assert.Equal(subject.Replace("CID", cid.ToString(), StringComparison.Ordinal), message.Subject);
    }

    private static EventOutbox Outbox(NatsServers servers, StorageNode node, EventOutboxOptions options) => new(
        new NatsOptions { Servers = servers.Urls, RequestTimeout = TimeSpan.FromSeconds(2) }, node, options,
        TimeProvider.System, NullLogger.Instance, null);

    private static Run Running(EventOutbox outbox) => new(outbox);

    private static async Task<Cid> StoreAsync(StorageNode node, int number) =>
        (await node.StoreAsync(
            PipeReader.Create(new(BitConverter.GetBytes(number))), StoreRequest.Default, Token)).Cid;

    private static async Task CaughtUpAsync(EventOutbox outbox)
    {
        while ((await outbox.MeasureLagAsync(Token)).Events > 0)
        {
            await Task.Delay(20, Token);
        }
    }

    private static async Task WaitForAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(20, Token);
        }
    }

    /// <summary>What is in the stream is the journal: each entry once, in order, each naming the one before.</summary>
    private static async Task RequireUnbrokenAsync(StorageNode node, IReadOnlyList<Message> messages)
    {
        var journal = await node.EventsAsync(Lsn.None, false, Token).ToListAsync(Token);
        Assert.Equal(
            journal.Select(entry => entry.Lsn.Value),
            messages.Select(m => ulong.Parse(m.Headers["X-Sequence"].ToString(), CultureInfo.InvariantCulture)));
        Cid? last = null;
        foreach (var entry in messages.Select(message => EventEnvelope.Read(message.Data)))
        {
            Assert.Equal(last, entry.PreviousCid);
            last = entry.EventCid;
        }
    }

    private static async Task DeleteStreamAsync(NatsServers servers, string stream)
    {
        await using var client = new NatsConnection(new NatsOpts { Url = servers.Url().ToString() });
        await new NatsJSContext(client).DeleteStreamAsync(stream, Token);
    }

    private static async Task<List<Message>> ReadAsync(NatsServers servers, string stream)
    {
        await using var client = new NatsConnection(new NatsOpts { Url = servers.Url().ToString() });
        var js = new NatsJSContext(client);
        var count = (await js.GetStreamAsync(stream, cancellationToken: Token)).Info.State.Messages;
        var consumer = await js.CreateOrderedConsumerAsync(stream, cancellationToken: Token);
        var messages = new List<Message>();
        if (count > 0)
        {
            await foreach (var message in consumer.FetchAsync<byte[]>(
                new NatsJSFetchOpts { MaxMsgs = (int)count }, cancellationToken: Token))
            {
                messages.Add(new Message(message.Subject, message.Headers!, message.Data!));
            }
        }

        return messages;
    }

    private sealed record Message(string Subject, NatsHeaders Headers, byte[] Data);

    /// <summary>An outbox that runs until this is disposed.</summary>
    private sealed class Run : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly Task _running;

        public Run(EventOutbox outbox) => _running = outbox.RunAsync(_stopping.Token);

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await _running;
            _stopping.Dispose();
        }
    }
}

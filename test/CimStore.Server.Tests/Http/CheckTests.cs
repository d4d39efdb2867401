using System.Buffers;
using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Net.Http.Json;
using System.Text.Json;
using CimStore.Disk;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>A check of a node that is used meanwhile.</summary>
public sealed class CheckTests
{
    /// <summary>Enough for segments to fill, be emptied and go while each check runs.</summary>
    private static readonly TimeSpan UseFor = TimeSpan.FromSeconds(4);

    [Fact, Trait("row", "J12")]
    public async Task Puts_deletes_and_compaction_beside_a_check_are_no_trouble()
    {
        var folder = Directory.CreateTempSubdirectory("cimstore-check-");
        await using var store = await DiskStore.OpenAsync(
            new DiskStoreOptions
            {
                DataDirectory = folder.FullName,
                ForceUnsafe = true,
                SegmentBytes = 1 << 20,
                InlineSizeMaxBytes = 64 << 10,
            },
            TimeProvider.System, Token);
        var engine = await StorageNode.OpenAsync(
            StorageNodePorts.Of(store), TimeProvider.System, new IdSource(TimeProvider.System),
            new StorageNodeOptions(), null, Token);
        await using (var node = await RunningNode.StartAsync(engine: engine))
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var users = Enumerable.Range(0, 4).Select(seed => UseAsync(node.Client, seed, ending.Token))
                .ToArray();
            var compacting = CompactAsync(engine, ending.Token);
            ending.CancelAfter(UseFor);
            var checks = 0;
            while (!ending.IsCancellationRequested)
            {
                var steps = await node.Client.CheckAsync(CheckRequest.Whole, Token).ToListAsync(Token);
                Assert.DoesNotContain(steps, step => step is CheckStep.Found { IsWell: false });
                Assert.Equal(
                    ["store", "space", "events", "log", "records", "content"],
                    steps.OfType<CheckStep.Found>().Select(found => found.What));
                checks++;
            }

            await Task.WhenAll(users);
            Assert.True(checks > 1 && store.DurableLsn.Value > 500, $"{checks} checks, lsn {store.DurableLsn}");
            Assert.True(await compacting > 0, "No segment was emptied meanwhile.");
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task One_check_at_a_time_and_it_ends_when_its_client_goes_away()
    {
        var hanging = new HangingStore();
        await using var node = await RunningNode.StartAsync(engine: await OpenAsync(hanging));
        var first = await node.Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/api/v1/check"), HttpCompletionOption.ResponseHeadersRead, Token);
        await hanging.Began.Task.WaitAsync(Token);

        using var second = await node.Http.PostAsync("/api/v1/check", null, Token);
        var problem = await second.Content.ReadFromJsonAsync(WireJson.Of<Problem>(), Token);
        first.Dispose();
        await hanging.Ended.Task.WaitAsync(Token);

        Assert.Equal((503, "check-running"), ((int)second.StatusCode, problem!.Code));
        Assert.NotNull(second.Headers.RetryAfter);
        hanging.Hangs = false;
        await foreach (var step in WhenFreeAsync(node))
        {
            Assert.False(step is CheckStep.Found { IsWell: false }, $"{step}");
        }
    }

    [Fact]
    public async Task A_check_that_takes_long_shows_that_it_lives()
    {
        var hanging = new HangingStore();
        await using var node = await RunningNode.StartAsync(engine: await OpenAsync(hanging));

        var working = await node.Client.CheckAsync(CheckRequest.Whole, Token).OfType<CheckStep.Working>()
            .FirstAsync(step => step.What == "log", Token);

        Assert.Equal((3, 4096), (working.Items, working.SizeBytes));
    }

    [Fact]
    public async Task A_check_that_a_stop_cut_off_is_not_taken_for_a_whole_one()
    {
        var hanging = new HangingStore();
        var node = await RunningNode.StartAsync(engine: await OpenAsync(hanging));
        await using var client = new HttpStorageClient(new CimStoreHttpOptions { Address = node.Address });
        await using var steps = client.CheckAsync(CheckRequest.Whole, Token).GetAsyncEnumerator(Token);
        Assert.True(await steps.MoveNextAsync());

        await node.DisposeAsync();

        var cut = await Assert.ThrowsAsync<LocationException>(async () =>
        {
            while (await steps.MoveNextAsync())
            {
            }
        });
        Assert.Contains("cut off", cut.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_that_fails_says_so_in_its_last_line()
    {
        var failing = new HangingStore { Failure = new LocationException(LocationFault.Full, "no room to check") };
        await using var node = await RunningNode.StartAsync(engine: await OpenAsync(failing));

        using var answer = await node.Http.PostAsync("/api/v1/check?quick=true", null, Token);
        var lines = (await answer.Content.ReadAsStringAsync(Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var thrown = await Assert.ThrowsAsync<LocationException>(
            async () => await node.Client.CheckAsync(CheckRequest.Whole, Token).CountAsync(Token));

        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("\"finding\":{\"what\":\"store\",\"ok\":true", lines[0], StringComparison.Ordinal);
        Assert.Equal("full", JsonDocument.Parse(lines[^1]).RootElement.GetProperty("problem").GetProperty("code")
            .GetString());
        Assert.Equal((LocationFault.Full, "no room to check"), (thrown.Fault, thrown.Message));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async ValueTask<IStorageClient> OpenAsync(IStoreMaintenance maintenance)
    {
        var ids = new IdSource(TimeProvider.System);
        var ports = StorageNodePorts.Of(new MemoryStore(TimeProvider.System, ids));
        return await StorageNode.OpenAsync(
            ports with { Maintenance = maintenance }, TimeProvider.System, ids, new StorageNodeOptions(), null, Token);
    }

    /// <summary>The node hears of a client that went away a moment later than this one does.</summary>
    private static async IAsyncEnumerable<CheckStep> WhenFreeAsync(RunningNode node)
    {
        while (true)
        {
            var steps = node.Client.CheckAsync(CheckRequest.Whole, Token).GetAsyncEnumerator(Token);
            await using (steps)
            {
                try
                {
                    await steps.MoveNextAsync();
                }
                catch (RefusedException refused) when (refused.Refusal.Code == "check-running")
                {
                    await Task.Delay(10, Token);
                    continue;
                }

                do
                {
                    yield return steps.Current;
                }
                while (await steps.MoveNextAsync());

                yield break;
            }
        }
    }

    /// <summary>Stores small and large contents and gives most of them up at once.</summary>
    private static async Task UseAsync(HttpStorageClient client, int seed, CancellationToken ending)
    {
        var random = new Random(seed);
        while (!ending.IsCancellationRequested)
        {
            var bytes = new byte[random.Next(10) == 0 ? random.Next(65_536, 300_000) : random.Next(1, 20_000)];
            random.NextBytes(bytes);
            var stored = await client.StoreAsync(
                PipeReader.Create(new ReadOnlySequence<byte>(bytes)), StoreRequest.Default, Token);
            if (random.Next(4) > 0)
            {
                await client.DeleteAsync(stored.Cid, DeleteRequest.Default with { Grace = TimeSpan.Zero }, Token);
            }
            else
            {
                await client.SetNameAsync(
                    new NameSetRequest(
                        OwnerId.Local, NamespaceId.Default, $"n{random.Next(20)}", stored.Cid, null, false,
                        CommandIdentity.None),
                    Token);
            }
        }
    }

    /// <returns>Bytes given back.</returns>
    private static async Task<long> CompactAsync(StorageNode engine, CancellationToken ending)
    {
        long given = 0;
        while (!ending.IsCancellationRequested)
        {
            given += (await engine.CollectAsync(Token)).BytesGivenBack;
            await Task.Delay(20, Token);
        }

        return given;
    }

    /// <summary>Its check ends only with its token, or fails.</summary>
    private sealed class HangingStore : IStoreMaintenance
    {
        public long GarbageBytes => 0;

        private readonly MemoryStore _store = new(TimeProvider.System, new IdSource(TimeProvider.System));

        public volatile bool Hangs = true;

        public Exception? Failure { get; init; }

        public TaskCompletionSource Began { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ImmutableArray<string> Warnings => [];

        public BytesWritten BytesWritten => _store.BytesWritten;

        public ValueTask<SpaceLedger> MeasureAsync(CancellationToken cancellationToken) =>
            _store.MeasureAsync(cancellationToken);

        public ValueTask<long> CompactAsync(CancellationToken cancellationToken) =>
            _store.CompactAsync(cancellationToken);

        public async ValueTask<ImmutableArray<string>> CheckAsync(WorkCount done, CancellationToken cancellationToken)
        {
            done.Add(3, 4096);
            Began.TrySetResult();
            try
            {
                await Task.Delay(Failure is null && Hangs ? Timeout.Infinite : 0, cancellationToken);
                return Failure is null ? [] : throw Failure;
            }
            finally
            {
                Ended.TrySetResult();
            }
        }
    }
}

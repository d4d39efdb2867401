using System.Buffers;
using System.IO.Pipelines;
using System.Net.Http.Json;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>What a client sees when the bytes have rotted: never a success.</summary>
public sealed class CorruptionTests : IAsyncLifetime
{
    private const int SizeBytes = 6_000_000;
    private MemoryStore _store = null!;
    private RunningNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        _store = new MemoryStore(TimeProvider.System, new IdSource(TimeProvider.System));
        _node = await RunningNode.StartAsync(engine: await RunningNode.OpenEngineAsync(_store));
    }

    public async ValueTask DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Corruption_before_the_first_byte_is_a_502()
    {
        var cid = await StoreRottenAsync(0);

        using var answer = await _node.Http.GetAsync($"/api/v1/content/{cid}", Token);

        var problem = await answer.Content.ReadFromJsonAsync(WireJson.Of<Problem>(), Token);
        Assert.Equal((502, "corrupt"), ((int)answer.StatusCode, problem!.Code));
        Assert.Null(answer.Headers.ETag);
    }

    [Fact]
    public async Task Corruption_after_the_first_byte_cuts_the_connection()
    {
        var cid = await StoreRottenAsync(SizeBytes - 10);
        using var answer = await _node.Http.GetAsync(
            $"/api/v1/content/{cid}", HttpCompletionOption.ResponseHeadersRead, Token);
        await using var body = await answer.Content.ReadAsStreamAsync(Token);

        await Assert.ThrowsAnyAsync<Exception>(() => body.CopyToAsync(Stream.Null, Token));

        Assert.Equal(SizeBytes, answer.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(SizeBytes - 10)]
    public async Task The_client_throws_what_the_engine_throws(int offset)
    {
        var cid = await StoreRottenAsync(offset);
        await using var reader = await _node.Client.OpenAsync(cid, RetrieveRequest.Default, Token);

        await Assert.ThrowsAsync<IntegrityException>(async () =>
            await reader!.CopyToAsync(PipeWriter.Create(Stream.Null), 0, long.MaxValue, Token));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<Cid> StoreRottenAsync(int offset)
    {
        var bytes = new byte[SizeBytes];
        new Random(1).NextBytes(bytes);
        var stored = await _node.Client.StoreAsync(
            PipeReader.Create(new ReadOnlySequence<byte>(bytes)), StoreRequest.Default, Token);
        var record = await _node.Client.StatAsync(stored.Cid, Token);
        _store.Rot(record!.Copies[0].Incarnation, offset);
        return stored.Cid;
    }
}

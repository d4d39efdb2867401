using System.Net;
using System.Net.Http.Json;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>A node whose log is filled to its limit, as its clients see it.</summary>
[Trait("row", "G9")]
public sealed class IntakeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_that_takes_nothing_new_says_507_is_degraded_with_numbers_and_recovers_by_itself()
    {
        var store = new MemoryStore(TimeProvider.System, new IdSource(TimeProvider.System));
        await using var node = await RunningNode.StartAsync(engine: await RunningNode.OpenEngineAsync(store));
        var kept = await node.Client.StoreAsync(Samples.Bytes(1000, 1), Token);
        store.CapacityBytes = 1040;

        var healthy = await HealthAsync(node);
        using var answer = await node.Http.PostAsync(
            "/api/v1/content", new ByteArrayContent(Samples.Bytes(1000, 2)), Token);
        var problem = (await answer.Content.ReadFromJsonAsync(WireJson.Of<Problem>(), Token))!;
        var refused = await Assert.ThrowsAsync<LocationException>(
            () => node.Client.StoreAsync(Samples.Bytes(1000, 3), Token).AsTask());
        using var upload = await node.Http.PostAsync("/api/v1/uploads", null, Token);
        var read = await node.Client.ReadAsync(kept.Cid, Token);
        store.CapacityBytes = 100_000;
        var later = await node.Client.StoreAsync(Samples.Bytes(1000, 2), Token);
        using var laterUpload = await node.Http.PostAsync("/api/v1/uploads", null, Token);

        Assert.Equal("Degraded", healthy.Status);
        Assert.Contains(healthy.Checks, static check => check.Detail.StartsWith(
            "The location hot is filled to 96.2 % (0 MiB are free), its limit is 95.0 %", StringComparison.Ordinal));
        Assert.Equal((507, "intake-stopped"), ((int)answer.StatusCode, problem.Code));
        Assert.Equal(LocationFault.IntakeStopped, refused.Fault);
        Assert.Equal(problem.Detail, refused.Message);
        Assert.Equal(HttpStatusCode.InsufficientStorage, upload.StatusCode);
        Assert.Equal(Samples.Bytes(1000, 1), read);
        Assert.False(later.Deduplicated);
        Assert.Equal(HttpStatusCode.Created, laterUpload.StatusCode);
        Assert.Equal("Healthy", (await HealthAsync(node)).Status);
    }

    private static async Task<WireTypes.HealthReply> HealthAsync(RunningNode node) =>
        (await node.Http.GetFromJsonAsync("/health/ready", WireJson.Of<WireTypes.HealthReply>(), Token))!;
}

using System.Text.Json;
using CimStore.Content;
using CimStore.Nats;
using CimStore.Nats.Events;
using CimStore.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

/// <summary>Another official client, which shares no code with ours, against a node on a real server.</summary>
public sealed class JavaScriptClientTests
{
    private const int SizeBytes = 1_000_000;

    [Fact]
    [Trait("row", "G1")]
    [Trait("row", "G2")]
    public async Task It_discovers_stores_retrieves_and_reads_events()
    {
        var token = TestContext.Current.CancellationToken;
        await using var node = await NatsNode.StartAsync(extra: "max_payload: 65536");
        var outbox = new EventOutbox(
            new NatsOptions { Servers = node.Servers.Urls }, node.Node, new EventOutboxOptions(), TimeProvider.System,
            NullLogger.Instance, null);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(token);
        var publishing = outbox.RunAsync(stopping.Token);
        var cid = LargeCid();

        var said = await NodeOracle.RunAsync("nats.mjs", $"{node.Servers.Url()},{cid},{SizeBytes}", null);
        await stopping.CancelAsync();
        await publishing;

        var (service, stored, small, refused) = (said[0], said[1], said[2], said[3]);
        Assert.Equal("cimstore", Text(service, "service"));
        Assert.Contains(
            "commands.storage.name.set",
            service.GetProperty("subjects").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal("Accepted", Text(stored, "status"));
        Assert.Equal(Text(stored, "id"), Text(stored, "command_id"));
        Assert.Equal("from JavaScript", Text(small, "text"));
        Assert.Equal(Text(stored, "cid"), Text(small, "cid"));
        Assert.Equal("malformed-body", Text(refused, "error"));
        Assert.Equal(cid, Text(said[4], "cid"));
        Assert.True(said[5].GetProperty("same").GetBoolean());
        Assert.True(said[5].GetProperty("count").GetInt32() > 8);
        Assert.Equal(Text(stored, "cid"), Text(said[6], "cid"));
        Assert.Equal(Text(stored, "command_id"), Text(said[6], "correlation"));
        Assert.Equal(Text(said[6], "event_id"), Text(said[6], "header"));
        Assert.Equal(cid, Text(said[7], "cid"));
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;

    private static string LargeCid()
    {
        var content = new byte[SizeBytes];
        for (var index = 0; index < content.Length; index++)
        {
            content[index] = (byte)(index % 251);
        }

        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(content, digest);
        return Cid.ForRaw(digest).ToString();
    }
}

using CimStore.Engine;
using CimStore.Locations;
using CimStore.Nats;
using CimStore.Nats.Backup;
using CimStore.Testing.Servers;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

/// <summary>Streams of real servers, backed up and restored: docs/formats/stream-backup.md.</summary>
[Trait("row", "G10")]
public sealed class StreamBackupTests(NatsFixture nats) : IClassFixture<NatsFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_comes_back_with_its_messages_and_its_durable_consumer()
    {
        var streams = nats.Link.JetStream;
        await FillAsync(streams, "ROUND", 300);
        var consumer = await streams.CreateOrUpdateConsumerAsync(
            "ROUND", new ConsumerConfig("reader") { AckPolicy = ConsumerConfigAckPolicy.Explicit }, Token);
        for (var number = 0; number < 7; number++)
        {
            await (await consumer.NextAsync<byte[]>(cancellationToken: Token))!.AckAsync(
                new AckOpts { DoubleAck = true }, Token);
        }

        using var file = new MemoryStream();
        var told = new Told();
        var backup = new StreamBackup(nats.Link, TimeProvider.System);
        var made = await backup.BackupAsync("ROUND", file, told, Token);
        await streams.DeleteStreamAsync("ROUND", Token);
        var restored = await backup.RestoreAsync(file, told, Token);

        Assert.Equal(made, restored);
        Assert.Equal((300L, 1L), (made.Messages, made.Consumers));
        Assert.True(made.PayloadBytes > 1 << 20);
        Assert.Equal(["backup", "restore", "verify"], told.Steps.Order());
        var info = (await streams.GetStreamAsync("ROUND", cancellationToken: Token)).Info;
        Assert.Equal((300L, 300UL), (info.State.Messages, info.State.LastSeq));
        Assert.Equal(["round.>"], info.Config.Subjects!);
        var again = await streams.GetConsumerAsync("ROUND", "reader", Token);
        var next = await again.NextAsync<byte[]>(cancellationToken: Token);
        Assert.Equal(8UL, next!.Metadata!.Value.Sequence.Stream);
        Assert.Equal(ContentOf(8), next.Data);
    }

    [Fact]
    public async Task A_file_with_one_wrong_byte_or_cut_off_is_refused_before_the_server_is_asked()
    {
        await FillAsync(nats.Link.JetStream, "ROTTEN", 20);
        using var file = new MemoryStream();
        var backup = new StreamBackup(nats.Link, TimeProvider.System);
        await backup.BackupAsync("ROTTEN", file, null, Token);
        var good = file.ToArray();

        foreach (var place in new[] { 0, 9, 13, 40, good.Length / 2, good.Length - 36, good.Length - 1 })
        {
            var bad = (byte[])good.Clone();
            bad[place] ^= 1;
            await Assert.ThrowsAsync<IntegrityException>(
                async () => await backup.RestoreAsync(new MemoryStream(bad), null, Token));
        }

        await Assert.ThrowsAsync<IntegrityException>(
            async () => await backup.RestoreAsync(new MemoryStream(good[..^1]), null, Token));
        await Assert.ThrowsAsync<IntegrityException>(
            async () => await backup.RestoreAsync(new MemoryStream(good[..50]), null, Token));

        // The stream is there still: had the server been asked, it would have been the one to refuse.
        await RefusedAsync("stream-exists", "ROTTEN", async () => await backup.RestoreAsync(file, null, Token));
    }

    [Fact]
    public async Task What_has_no_snapshot_is_refused_with_the_reason()
    {
        await nats.Link.JetStream.CreateStreamAsync(
            new StreamConfig("FLEETING", ["fleeting.>"]) { Storage = StreamConfigStorage.Memory }, Token);
        var backup = new StreamBackup(nats.Link, TimeProvider.System);

        await RefusedAsync(
            "stream-refused", "memory", async () => await backup.BackupAsync("FLEETING", Stream.Null, null, Token));
        await RefusedAsync(
            "stream-not-found", "ABSENT", async () => await backup.BackupAsync("ABSENT", Stream.Null, null, Token));
        await RefusedAsync(
            "stream-invalid", "a.b", async () => await backup.BackupAsync("a.b", Stream.Null, null, Token));
    }

    [Fact]
    public async Task A_backup_of_a_newer_server_is_refused()
    {
        using var file = new MemoryStream();
        var header = new BackupHeader(
            "NEWER", "99.1.0", DateTimeOffset.UnixEpoch, "{\"name\":\"NEWER\"}"u8.ToArray(), "{}"u8.ToArray()).Write();
        var trailer = new byte[8];
        file.Write(header);
        file.Write(trailer);
        var digest = new byte[32];
        Content.Blake3.Hash(file.ToArray(), digest);
        file.Write(digest);

        await RefusedAsync("server-older", "99.1.0", async () =>
            await new StreamBackup(nats.Link, TimeProvider.System).RestoreAsync(file, null, Token));
    }

    [Fact]
    public async Task A_server_without_streams_is_told()
    {
        await using var servers = await NatsServers.StartAsync(jetStreamExtra: null);
        await using var link = await NatsLink.OpenAsync(new NatsOptions { Servers = servers.Urls }, null, Token);

        var failed = await Assert.ThrowsAsync<LocationException>(async () =>
            await new StreamBackup(link, TimeProvider.System).BackupAsync("ANY", Stream.Null, null, Token));

        Assert.Contains("JetStream", failed.Message, StringComparison.Ordinal);
    }

    private static async Task FillAsync(NatsJSContext streams, string name, int count)
    {
        var subject = name.ToLowerInvariant();
        await streams.CreateStreamAsync(new StreamConfig(name, [$"{subject}.>"]), Token);

        for (var number = 1; number <= count; number++)
        {
            (await streams.PublishAsync($"{subject}.a", ContentOf(number), cancellationToken: Token)).EnsureSuccess();
        }
    }

    /// <summary>8 KiB that do not compress.</summary>
    private static byte[] ContentOf(int number)
    {
        var content = new byte[8192];
        new Random(number).NextBytes(content);
        return content;
    }

    private static async Task RefusedAsync(string code, string says, Func<Task> act)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(act);
        Assert.Equal(code, refused.Refusal.Code);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    private sealed class Told : IProgress<BackupProgress>
    {
        public HashSet<string> Steps { get; } = [];

        public void Report(BackupProgress value) => Steps.Add(value.Step);
    }
}

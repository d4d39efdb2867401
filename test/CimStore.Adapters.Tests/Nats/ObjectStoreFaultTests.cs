using CimStore.Locations;
using CimStore.Nats;
using CimStore.Nats.Locations;
using CimStore.Testing.Contracts;
using CimStore.Testing.Servers;
using Microsoft.Extensions.Time.Testing;
using NATS.Client.JetStream.Models;
using NATS.Client.ObjectStore;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

/// <summary>What a bucket does when its messages are lost, changed, left over or written by others.</summary>
[Trait("row", "B2")]
public sealed class ObjectStoreFaultTests(NatsFixture fixture) : IClassFixture<NatsFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("row", "C2")]
    [InlineData(0)]
    [InlineData(13)]
    [InlineData(-1)]
    public async Task A_chunk_that_is_gone_is_corruption_and_never_fewer_bytes(int chunk)
    {
        var location = await fixture.OpenObjectsAsync();
        var content = Samples.Bytes(2_000_000, 1);
        var (key, copy) = await AdmitAsync(location, content);
        var stream = (await location.StreamAsync(Token)).Config.Name!;
        var last = copy.Incarnation;

        // Content first, then the tree, then the message that names both: the tree has one chunk.
        var gone = chunk < 0 ? last - 1 : last - 2 - 30 + (ulong)chunk;
        await fixture.Link.JetStream.DeleteMessageAsync(stream, new StreamMsgDeleteRequest { Seq = gone }, Token);

        var tree = new byte[64];
        var all = new byte[content.Length];
        await Assert.ThrowsAsync<IntegrityException>(async () => _ = chunk < 0
            ? await location.ReadTreeAsync(key, copy, 0, tree, Token)
            : await location.ReadAsync(key, copy, 0, all, Token));
        var condition = await location.InspectAsync(key, copy, null, Token);
        Assert.False(condition!.IsReadable);
        Assert.Contains("missing", Assert.Single(condition.Faults), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "C2")]
    public async Task A_chunk_in_anothers_place_is_corruption()
    {
        var location = await fixture.OpenObjectsAsync();
        var (_, first) = await AdmitAsync(location, Samples.Bytes(64 * 1024, 1));
        var (key, second) = await AdmitAsync(location, Samples.Bytes(64 * 1024, 2));
        var bucket = location.BucketForTests;
        var meta = await bucket.GetAsync(second.Incarnation, Token);

        // Its list names the other object's chunk, of the same size.
        var text = System.Text.Encoding.UTF8.GetString(meta!.Body.Span).Replace(
            $"\"cimstore-chunks\":\"{second.Incarnation - 1}\"", $"\"cimstore-chunks\":\"{first.Incarnation - 1}\"",
            StringComparison.Ordinal);
        var wrong = await bucket.PublishAsync(
            meta.Subject, System.Text.Encoding.UTF8.GetBytes(text), ObjectStoreLocation.RollupHeaders(),
            second.Incarnation, Token);

        await Assert.ThrowsAsync<IntegrityException>(async () => await location.ReadAsync(
            key, second with { Incarnation = wrong!.Value }, 0, new byte[10], Token));
        Assert.Null(await location.ReadAsync(key, second, 0, new byte[10], Token));
    }

    [Fact]
    public async Task Chunks_of_a_put_that_failed_are_swept_when_they_are_old_and_no_others()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2000-01-01", null));
        var location = await fixture.OpenObjectsAsync(time);
        var bucket = location.BucketForTests;
        var (key, copy) = await AdmitAsync(location, Samples.Bytes(200_000, 1));
        var (gone, released) = await AdmitAsync(location, Samples.Bytes(100_000, 2));
        await location.ReleaseAsync(gone, released.Incarnation, Token);
        var orphan = new ChunkUpload(bucket, location.BucketName, 1000, 4);
        await orphan.WriteAsync(new byte[5500], Token);
        await orphan.EndAsync(Token);

        // To this clock everything is younger than a day.
        var early = await location.TidyAsync(Token);
        time.SetUtcNow(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(2));
        var late = await location.TidyAsync(Token);

        Assert.Equal(0, early);
        Assert.InRange(late, 5500, 20_000);
        Assert.Empty(await bucket.SubjectsAsync(
            ObjectInfo.ChunkSubject(location.BucketName, orphan.Nuid), Token).ToListAsync(Token));
        Assert.Equal(200_000, await location.ReadAsync(key, copy, 0, new byte[200_000], Token));
        Assert.Single(await bucket.SubjectsAsync($"$O.{location.BucketName}.M.>", Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Disposing_of_what_was_not_sealed_takes_its_chunks_back()
    {
        var location = await fixture.OpenObjectsAsync();

        await using (var staged = await location.StageAsync(null, Token))
        {
            await staged.WriteAsync(new byte[3_000_000], Token);
        }

        Assert.Empty(await location.BucketForTests.SubjectsAsync(">", Token).ToListAsync(Token));
    }

    [Fact]
    [Trait("row", "D14")]
    public async Task A_bucket_that_is_gone_is_offline_and_not_made_again()
    {
        var location = await fixture.OpenObjectsAsync();
        var (key, copy) = await AdmitAsync(location, Samples.Bytes(100, 1));
        await fixture.Link.JetStream.DeleteStreamAsync($"OBJ_{location.BucketName}", Token);

        var reading = await Assert.ThrowsAsync<LocationException>(
            async () => await location.ReadAsync(key, copy, 0, new byte[1], Token));
        var writing = await Assert.ThrowsAsync<LocationException>(
            async () => await AdmitAsync(location, Samples.Bytes(10, 2)));
        var opening = await Assert.ThrowsAsync<LocationException>(async () => await ObjectStoreLocation.OpenAsync(
            fixture.Link, NatsFixture.OptionsOf(location.BucketName), TimeProvider.System, Token));

        Assert.All([reading, writing, opening], failure => Assert.Equal(LocationFault.Offline, failure.Fault));
        Assert.Contains("stream not found", reading.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_of_another_client_is_served_after_its_bytes_were_proved()
    {
        var location = await fixture.OpenObjectsAsync();
        var content = Samples.Bytes(1_500_000, 1);
        var store = await new NatsObjContext(fixture.Link.JetStream).GetObjectStoreAsync(location.BucketName, Token);
        await store.PutAsync(Samples.CidOf(content).ToString(), content, Token);
        var liar = Samples.CidOf([1, 2, 3]);
        await store.PutAsync(liar.ToString(), [4, 5, 6], Token);
        await store.PutAsync("holiday.jpg", [7], Token);

        var listed = await location.ListCopiesAsync(null, Token).ToListAsync(Token);
        var key = ContentKey.Shared(Samples.CidOf(content));
        var copy = CopyOf(location, listed.Single(one => one.Manifest.Key == key).Manifest.Incarnation);
        var read = new byte[1000];
        await location.ReadAsync(key, copy, 700_000, read, Token);
        var tree = new byte[64];
        var described = await location.DescribeAsync(key, copy, Token);
        var lie = CopyOf(location, listed.Single(one => one.Manifest.Key.Cid == liar).Manifest.Incarnation);

        Assert.Equal(2, listed.Count);
        Assert.All(listed, held => Assert.Contains("another client", held.Fault, StringComparison.Ordinal));
        Assert.Equal(content[700_000..701_000], read);
        Assert.Equal(64, await location.ReadTreeAsync(key, copy, 0, tree, Token));
        Assert.Equal(content.Length, described!.Manifest.SizeBytes);
        Assert.Equal(Samples.CidOf(content), described.Manifest.Root);
        await Assert.ThrowsAsync<IntegrityException>(
            async () => await location.ReadAsync(ContentKey.Shared(liar), lie, 0, new byte[3], Token));
        Assert.False((await location.InspectAsync(ContentKey.Shared(liar), lie, null, Token))!.IsWhole);
    }

    [Fact]
    [Trait("row", "D12")]
    public async Task Synced_is_said_only_on_the_operators_word_and_where_it_can_be_true()
    {
        var location = await fixture.OpenObjectsAsync();
        var options = new BucketLocationOptions
        {
            Id = new LocationId("jet"),
            Traits = NatsFixture.Traits,
            Bucket = location.BucketName,
            ServerSyncsAlways = true,
        };

        await using var staged = await location.StageAsync(null, Token);
        var copy = await staged.SealAsync(await LocationUnderTest.WriteAsync(staged, [1], Token), Token);

        Assert.False(location.Traits.SyncsBeforeAcknowledgement);
        Assert.False(copy.Synced);
        if (fixture.Link.Server.Has(ServerFeature.SyncAlways))
        {
            var synced = await ObjectStoreLocation.OpenAsync(fixture.Link, options, TimeProvider.System, Token);
            Assert.True(synced.Traits.SyncsBeforeAcknowledgement);
            return;
        }

        var failure = await Assert.ThrowsAsync<LocationException>(
            async () => await ObjectStoreLocation.OpenAsync(fixture.Link, options, TimeProvider.System, Token));
        Assert.Contains("sync_interval: always", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_killed_amid_a_put_leaves_no_object_and_what_was_sealed()
    {
        await using var servers = await NatsServers.StartAsync();
        var options = new NatsOptions { Servers = servers.Urls, RequestTimeout = TimeSpan.FromSeconds(2) };
        await using var link = await NatsLink.OpenAsync(options, null, Token);
        var bucket = await NatsFixture.MakeObjectBucketAsync(link);
        var location = await ObjectStoreLocation.OpenAsync(
            link, NatsFixture.OptionsOf(bucket), TimeProvider.System, Token);
        var (key, copy) = await AdmitAsync(location, Samples.Bytes(300_000, 1));
        var staged = await location.StageAsync(null, Token);
        await staged.WriteAsync(new byte[2_000_000], Token);

        servers.Kill(0);
        await Assert.ThrowsAsync<LocationException>(async () =>
        {
            for (var more = 0; more < 100; more++)
            {
                await staged.WriteAsync(new byte[100_000], Token);
            }
        });
        await staged.DisposeAsync();
        await servers.StartAsync(0);
        await using var again = await NatsLink.OpenAsync(options, null, Token);
        var reopened = await ObjectStoreLocation.OpenAsync(
            again, NatsFixture.OptionsOf(bucket), TimeProvider.System, Token);

        var held = Assert.Single(await reopened.ListCopiesAsync(null, Token).ToListAsync(Token));
        Assert.Equal((key, copy.Incarnation), (held.Manifest.Key, held.Manifest.Incarnation));
        Assert.True((await reopened.InspectAsync(key, copy, null, Token))!.IsWhole);
    }

    internal static async Task<(ContentKey Key, Copy Copy)> AdmitAsync(ILocation location, byte[] content) =>
        (ContentKey.Shared(Samples.CidOf(content)),
            await new LocationUnderTest(location).AdmitAsync(content, Token));

    internal static Copy CopyOf(ILocation location, ulong incarnation) =>
        new(location.Id, incarnation, CopyState.Verified, CopyHeader.Plain, DateTimeOffset.UnixEpoch);
}

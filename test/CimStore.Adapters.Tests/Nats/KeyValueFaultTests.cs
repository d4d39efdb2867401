using System.Text;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Testing.Contracts;
using Microsoft.Extensions.Time.Testing;
using NATS.Client.Core;
using NATS.Client.JetStream.Models;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

[Trait("row", "B2")]
public sealed class KeyValueFaultTests(NatsFixture fixture) : IClassFixture<NatsFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "C7")]
    public async Task Content_at_the_limit_is_taken_and_one_byte_more_is_refused_with_the_reason()
    {
        var location = await fixture.OpenValuesAsync();
        var content = Samples.Bytes(location.ContentMaxBytes, 1);

        var (key, copy) = await ObjectStoreFaultTests.AdmitAsync(location, content);
        var read = new byte[content.Length];
        var size = await location.ReadAsync(key, copy, 0, read, Token);
        var hinted = await Assert.ThrowsAsync<LocationException>(
            async () => await location.StageAsync(content.Length + 1, Token));
        await using var staged = await location.StageAsync(null, Token);
        await staged.WriteAsync(content, Token);
        var written = await Assert.ThrowsAsync<LocationException>(
            async () => await staged.WriteAsync(new byte[1], Token));

        Assert.Equal(fixture.Link.Server.PayloadMaxBytes - 4096, location.ContentMaxBytes);
        Assert.Equal(content.Length, size);
        Assert.Equal(content, read);
        Assert.All([hinted, written], failure =>
        {
            Assert.Equal(LocationFault.Full, failure.Fault);
            Assert.Contains("object bucket", failure.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    [Trait("row", "C2")]
    public async Task A_value_of_another_client_is_proved_and_one_that_lies_is_corruption()
    {
        var location = await fixture.OpenValuesAsync();
        var (right, wrong) = (Samples.CidOf([1, 2, 3]), Samples.CidOf([9]));
        var honest = await PutAsync(location.BucketName, right, [1, 2, 3]);
        var lying = await PutAsync(location.BucketName, wrong, [8]);

        var listed = await location.ListCopiesAsync(null, Token).ToListAsync(Token);
        var read = new byte[3];
        await location.ReadAsync(
            ContentKey.Shared(right), ObjectStoreFaultTests.CopyOf(location, honest), 0, read, Token);
        var described = await location.DescribeAsync(
            ContentKey.Shared(right), ObjectStoreFaultTests.CopyOf(location, honest), Token);

        Assert.Equal([1, 2, 3], read);
        Assert.Equal((3L, right), (described!.Manifest.SizeBytes, described.Manifest.Root));
        Assert.All(listed, held => Assert.Contains("another client", held.Fault, StringComparison.Ordinal));
        await Assert.ThrowsAsync<IntegrityException>(async () => await location.ReadAsync(
            ContentKey.Shared(wrong), ObjectStoreFaultTests.CopyOf(location, lying), 0, read, Token));
    }

    [Fact]
    public async Task What_was_released_is_deleted_to_every_client_and_its_mark_goes_later()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2000-01-01", null));
        var location = await fixture.OpenValuesAsync(time);
        var (key, copy) = await ObjectStoreFaultTests.AdmitAsync(location, [1, 2, 3]);
        Assert.Equal([1, 2, 3], (await LastAsync(location.BucketName, key.Cid)).Data.ToArray());

        await location.ReleaseAsync(key, copy.Incarnation, Token);
        var mark = await LastAsync(location.BucketName, key.Cid);
        Assert.Contains(
            "KV-Operation: PURGE", Encoding.UTF8.GetString(Convert.FromBase64String(mark.Hdrs!)),
            StringComparison.Ordinal);
        time.SetUtcNow(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(2));
        var given = await location.TidyAsync(Token);
        var (_, newer) = await ObjectStoreFaultTests.AdmitAsync(location, [1, 2, 3]);

        Assert.InRange(given, 1, 1000);
        Assert.Equal(3, await location.ReadAsync(key, newer, 0, new byte[3], Token));
    }

    /// <summary>As any client of KV does.</summary>
    private async Task<ulong> PutAsync(string bucket, Cid cid, byte[] value) =>
        (await fixture.Link.JetStream.PublishAsync(
            $"$KV.{bucket}.{cid}", value, NatsRawSerializer<byte[]>.Default, cancellationToken: Token)).Seq;

    private async Task<StoredMessage> LastAsync(string bucket, Cid cid)
    {
        var stream = await fixture.Link.JetStream.GetStreamAsync($"KV_{bucket}", cancellationToken: Token);
        var answer = await stream.GetAsync(new StreamMsgGetRequest { LastBySubj = $"$KV.{bucket}.{cid}" }, Token);
        return answer.Message;
    }
}

using Amazon.S3.Model;
using CimStore.Http;
using CimStore.Locations;
using CimStore.S3;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.S3;

/// <summary>What goes wrong with a real server is told with what mends it, and loses nothing.</summary>
[Trait("row", "B4")]
public sealed class S3FaultTests(S3Servers servers) : IAsyncLifetime
{
    private S3Folder? _made;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Folder Folder => _made!;

    public async ValueTask InitializeAsync() => _made = await S3Folder.MakeAsync(await servers.CephAsync());

    public ValueTask DisposeAsync()
    {
        _made?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Unknown_credentials_a_missing_bucket_and_nobody_at_the_address_are_told_apart()
    {
        var known = Folder.Options.Credentials;
        Folder.Options.Credentials = new S3Credentials(Secret.FromValue("nobody"), Secret.FromValue("nothing"));
        await AssertAwayAsync("access key");
        Folder.Options.Credentials = known with { SecretKey = Secret.FromValue("wrong") };
        await AssertAwayAsync("ecret key");
        Folder.Options.Credentials = known;
        Folder.Options.Bucket = "no-such-bucket";
        await AssertAwayAsync("no-such-bucket");
        Folder.Options.Endpoint = new Uri("http://127.0.0.1:1");
        await AssertAwayAsync("cannot be reached");
    }

    [Fact]
    public async Task A_foreign_object_and_one_that_does_not_say_what_it_is_are_kept_and_told()
    {
        await using var location = await Folder.OpenAsync();
        var cid = Samples.CidOf([1, 2, 3]);
        using var client = Folder.Endpoint.Client();
        await PutAsync($"store/c/{cid}.0000000000000001");
        await PutAsync("store/c/readme.txt");

        var held = Assert.Single(await location.ListCopiesAsync(null, Token).ToListAsync(Token));
        await location.MeasureSpaceAsync(Token);

        Assert.Equal(ContentKey.Shared(cid), held.Manifest.Key);
        Assert.Contains("cimstore-format", held.Fault!, StringComparison.Ordinal);
        Assert.Contains("readme.txt", Assert.Single(location.Warnings), StringComparison.Ordinal);

        async Task PutAsync(string key) => await client.PutObjectAsync(
            new PutObjectRequest { BucketName = Folder.Bucket, Key = key, ContentBody = "text" }, Token);
    }

    [Fact]
    public async Task An_object_in_the_place_of_another_is_not_read()
    {
        await using var location = await Folder.OpenAsync();
        var subject = new LocationUnderTest(location);
        var (one, other) = (Samples.Bytes(1000, 1), Samples.Bytes(1000, 2));
        var copy = await subject.AdmitAsync(one, Token);
        var wrong = await subject.AdmitAsync(other, Token);
        using var client = Folder.Endpoint.Client();
        await client.CopyObjectAsync(
            Folder.Bucket, $"store/c/{Samples.CidOf(other)}.{wrong.Incarnation:x16}",
            Folder.Bucket, $"store/c/{Samples.CidOf(one)}.{copy.Incarnation:x16}", Token);

        var key = ContentKey.Shared(Samples.CidOf(one));
        await Assert.ThrowsAsync<IntegrityException>(
            async () => await location.ReadAsync(key, copy, 0, new byte[10], Token));
        Assert.False((await location.InspectAsync(key, copy, null, Token))!.IsReadable);
    }

    [Fact]
    public async Task An_upload_that_broke_off_is_gone_on_with_and_one_that_is_left_is_given_up()
    {
        var content = Samples.Bytes(12_000_000, 3);
        var cid = Samples.CidOf(content);
        var name = $"store/c/{cid}.00000000000000aa";
        using var client = Folder.Endpoint.Client();
        var begun = await BeginAsync(client, name);
        using var first = new MemoryStream(content, 0, S3Options.PartBytesMin);
        await client.UploadPartAsync(
            new UploadPartRequest
            {
                BucketName = Folder.Bucket,
                Key = name,
                UploadId = begun,
                PartNumber = 1,
                InputStream = first,
            },
            Token);
        await using var location = await Folder.OpenAsync();

        var copy = await new LocationUnderTest(location).AdmitAsync(content, Token);

        // The metadata of the upload was not ours: it is of no use, and the content is there all the same.
        var read = new byte[100];
        Assert.Equal(100, await location.ReadAsync(ContentKey.Shared(cid), copy, 6_000_000, read, Token));
        Assert.Equal(content[6_000_000..6_000_100], read);
        Assert.Single(await location.ListCopiesAsync(null, Token).ToListAsync(Token));

        await BeginAsync(client, name);
        await location.TidyAsync(Token);
        Assert.Single((await UploadsAsync()).MultipartUploads);
        await using var later = await Folder.OpenAsync(new LaterTime(TimeSpan.FromMinutes(10)));
        Folder.Options.AbandonedAfter = TimeSpan.FromMinutes(1);
        await later.TidyAsync(Token);
        Assert.Empty((await UploadsAsync()).MultipartUploads ?? []);

        Task<ListMultipartUploadsResponse> UploadsAsync() =>
            client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = Folder.Bucket }, Token);
    }

    [Fact]
    public async Task A_copy_under_lock_is_not_released_and_a_bucket_without_locks_is_refused()
    {
        Folder.Options.Lock = new S3Lock(true, TimeSpan.FromDays(1));
        var refused = await Assert.ThrowsAsync<LocationException>(async () => await Folder.OpenAsync());
        Assert.Contains("bucket", refused.Message, StringComparison.Ordinal);
        using var locked = await S3Folder.MakeAsync(Folder.Endpoint, withLock: true);
        locked.Options.Lock = new S3Lock(true, TimeSpan.FromDays(1));
        await using var location = await locked.OpenAsync();

        var copy = await new LocationUnderTest(location).AdmitAsync([1, 2, 3], Token);

        var key = ContentKey.Shared(Samples.CidOf([1, 2, 3]));
        var kept = await Assert.ThrowsAsync<LocationException>(
            async () => await location.ReleaseAsync(key, copy.Incarnation, Token));
        Assert.Equal(LocationFault.Retained, kept.Fault);
        Assert.Contains($"until {DateTimeOffset.UtcNow.AddDays(1):yyyy-MM-dd}", kept.Message, StringComparison.Ordinal);
        Assert.Equal(3, await location.ReadAsync(key, copy, 0, new byte[10], Token));
        Assert.True(location.Traits.Capabilities.HasFlag(LocationCapabilities.WriteOnce));
    }

    private async Task<string> BeginAsync(Amazon.S3.AmazonS3Client client, string key) =>
        (await client.InitiateMultipartUploadAsync(
            new InitiateMultipartUploadRequest { BucketName = Folder.Bucket, Key = key }, Token)).UploadId;

    private async Task AssertAwayAsync(string why)
    {
        await using var location = await Folder.OpenAsync();

        var failure = await Assert.ThrowsAsync<LocationException>(
            async () => await location.StageAsync(null, Token));

        Assert.Equal(LocationFault.Offline, failure.Fault);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
        Assert.Contains(location.Warnings, warning => warning.Contains(why, StringComparison.Ordinal));
    }

    private sealed class LaterTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}

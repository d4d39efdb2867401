using CimStore.Locations;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.S3;

/// <summary>A bucket says whose it is: the wrong one is refused before anything is missed in it.</summary>
[Trait("row", "B4")]
public sealed class S3OwnershipTests(S3Servers servers) : IAsyncLifetime
{
    private const string Marker = "store/cimstore-location.json";

    private S3Folder? _folder;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Folder Folder => _folder!;

    private string StateFile => Path.Combine(Folder.Options.StateDirectory!, "s3-bucket.json");

    public async ValueTask InitializeAsync() => _folder = await S3Folder.MakeAsync(await servers.CephAsync());

    public ValueTask DisposeAsync()
    {
        _folder?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_bucket_is_marked_once_and_found_again()
    {
        await using (await Folder.OpenAsync())
        {
        }

        var first = await MarkerAsync();
        await using (await Folder.OpenAsync())
        {
        }

        Assert.Contains("\"location\":\"cloud\"", first, StringComparison.Ordinal);
        Assert.Equal(first, await MarkerAsync());
        Assert.Equal(first, await File.ReadAllTextAsync(StateFile, Token));
    }

    [Fact]
    public async Task A_bucket_of_another_location_is_refused_and_another_prefix_is_not()
    {
        await using (await Folder.OpenAsync())
        {
        }

        using var other = Folder.Elsewhere();
        other.Options.Id = new LocationId("archive");
        var refused = await Assert.ThrowsAsync<LocationException>(async () => await other.OpenAsync());
        other.Options.Prefix = "archive/";
        await using var beside = await other.OpenAsync();

        Assert.Contains("'cloud'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("prefix", refused.Message, StringComparison.Ordinal);
        Assert.Empty(beside.Warnings);
    }

    [Fact]
    public async Task A_bucket_that_is_empty_and_was_not_is_refused_until_that_is_said_to_be_right()
    {
        await using (await Folder.OpenAsync())
        {
        }

        Folder.Options.Bucket = await Folder.Endpoint.MakeBucketAsync();
        var refused = await Assert.ThrowsAsync<LocationException>(async () => await Folder.OpenAsync());
        Assert.Equal(LocationFault.Offline, refused.Fault);
        Assert.Contains("is empty", refused.Message, StringComparison.Ordinal);
        Assert.Contains(StateFile, refused.Message, StringComparison.Ordinal);
        File.Delete(StateFile);
        await using var anew = await Folder.OpenAsync();

        Assert.Empty(anew.Warnings);
    }

    [Fact]
    public async Task Another_bucket_of_the_same_name_is_refused()
    {
        await using (await Folder.OpenAsync())
        {
        }

        using var other = await S3Folder.MakeAsync(Folder.Endpoint);
        await using (await other.OpenAsync())
        {
        }

        Folder.Options.Bucket = other.Bucket;
        var refused = await Assert.ThrowsAsync<LocationException>(async () => await Folder.OpenAsync());

        Assert.Contains("another location 'cloud'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_marker_over_copies_is_written_again_and_a_newer_one_is_refused()
    {
        using var client = Folder.Endpoint.Client();
        await using (var location = await Folder.OpenAsync())
        {
            await new LocationUnderTest(location).AdmitAsync([1, 2, 3], Token);
        }

        var first = await MarkerAsync();
        await client.DeleteObjectAsync(Folder.Bucket, Marker, Token);
        await using (await Folder.OpenAsync())
        {
            Assert.Equal(first, await MarkerAsync());
        }

        await PutAsync(client, first.Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal));
        var newer = await Assert.ThrowsAsync<LocationException>(async () => await Folder.OpenAsync());
        await PutAsync(client, "text");
        var damaged = await Assert.ThrowsAsync<LocationException>(async () => await Folder.OpenAsync());

        Assert.Contains("format 2", newer.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bucket_that_was_away_is_checked_before_its_first_answer()
    {
        var ceph = await servers.CephAsync();
        await using var proxy = new S3Proxy(ceph);
        Folder.Options.Endpoint = proxy.Endpoint.Address;
        await using (await Folder.OpenAsync())
        {
        }

        Folder.Options.Bucket = await ceph.MakeBucketAsync();
        proxy.Mishap = _ => new S3Mishap.DropBefore();
        await using var location = await Folder.OpenAsync();
        proxy.Mishap = null;
        var content = Samples.Bytes(100, 1);
        var copy = new Copy(location.Id, 1, CopyState.Verified, CopyHeader.Plain, DateTimeOffset.UnixEpoch);

        // Null would say that the copy is lost.
        var read = await Assert.ThrowsAsync<LocationException>(async () => await location.ReadAsync(
            ContentKey.Shared(Samples.CidOf(content)), copy, 0, new byte[10], Token));
        await Assert.ThrowsAsync<LocationException>(
            async () => await location.ListCopiesAsync(null, Token).ToListAsync(Token));

        Assert.Contains("is empty", read.Message, StringComparison.Ordinal);
    }

    private async Task<string> MarkerAsync()
    {
        using var client = Folder.Endpoint.Client();
        using var answer = await client.GetObjectAsync(Folder.Bucket, Marker, Token);
        using var reader = new StreamReader(answer.ResponseStream);
        return await reader.ReadToEndAsync(Token);
    }

    private async Task PutAsync(Amazon.S3.AmazonS3Client client, string text) => await client.PutObjectAsync(
        new Amazon.S3.Model.PutObjectRequest { BucketName = Folder.Bucket, Key = Marker, ContentBody = text }, Token);
}

using CimStore.Locations;
using CimStore.S3;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.S3;

/// <summary>An upload that broke off between its parts is taken up: what is there is not sent again.</summary>
[Trait("row", "B4")]
public sealed class S3ResumeTests(S3Servers servers) : IAsyncLifetime
{
    private const int Parts = 5;

    private static readonly byte[] Content = Samples.Bytes(((Parts - 1) * S3Options.PartBytesMin) + 1000, 21);
    private static readonly ContentKey Key = ContentKey.Shared(Samples.CidOf(Content));

    private S3Folder? _folder;
    private S3Proxy? _proxy;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Folder Folder => _folder!;

    private S3Proxy Proxy => _proxy!;

    public async ValueTask InitializeAsync()
    {
        var ceph = await servers.CephAsync();
        _folder = await S3Folder.MakeAsync(ceph);
        _proxy = new S3Proxy(ceph);
        Folder.Options.Endpoint = Proxy.Endpoint.Address;
        Folder.Options.PartsInFlightMax = 1;
    }

    public async ValueTask DisposeAsync()
    {
        await (_proxy?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder?.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Parts_that_are_there_are_not_sent_again(bool afterRestart)
    {
        await using var first = await Folder.OpenAsync();
        await BreakOffAsync(first, before: 3);
        Proxy.Forget();
        using var elsewhere = Folder.Elsewhere();
        elsewhere.Options.Endpoint = Proxy.Endpoint.Address;
        await using var second = await elsewhere.OpenAsync();

        var copy = await AdmitAsync(afterRestart ? second : first);

        Assert.Equal([3, 4, 5], SentParts());
        await AssertHeldAsync(second, copy);
    }

    [Fact]
    public async Task A_part_whose_answer_was_lost_is_not_sent_again()
    {
        await using var location = await Folder.OpenAsync();
        Proxy.Mishap = request => PartOf(request) == 3 ? new S3Mishap.DropAfter() : null;
        await Assert.ThrowsAsync<LocationException>(() => AdmitAsync(location));
        Proxy.Mishap = null;
        Proxy.Forget();

        var copy = await AdmitAsync(location);

        Assert.Equal([4, 5], SentParts());
        await AssertHeldAsync(location, copy);
    }

    [Fact]
    public async Task A_completion_of_which_nothing_was_heard_leaves_no_half_copy()
    {
        await using var location = await Folder.OpenAsync();
        Proxy.Mishap = request => request.Is("POST") && request.Target.Contains("uploadId", StringComparison.Ordinal)
            ? new S3Mishap.DropAfter() : null;
        var failure = await Assert.ThrowsAsync<LocationException>(() => AdmitAsync(location));
        Proxy.Mishap = null;

        var copy = await AdmitAsync(location);

        Assert.Equal(LocationFault.Unknown, failure.Fault);
        var held = await location.ListCopiesAsync(null, Token).ToListAsync(Token);
        Assert.All(held, one => Assert.Null(one.Fault));
        Assert.Equal(2, held.Count);
        foreach (var incarnation in held.Select(one => one.Manifest.Incarnation))
        {
            await AssertWholeAsync(location, copy with { Incarnation = incarnation });
        }
    }

    [Fact]
    public async Task Parts_of_another_content_under_the_name_are_sent_anew()
    {
        await using var location = await Folder.OpenAsync();
        await BreakOffAsync(location, before: 3);
        using var client = Folder.Endpoint.Client();
        var upload = (await client.ListMultipartUploadsAsync(Folder.Bucket, Token)).MultipartUploads.Single();
        using var wrong = new MemoryStream(new byte[S3Options.PartBytesMin]);
        await client.UploadPartAsync(
            new Amazon.S3.Model.UploadPartRequest
            {
                BucketName = Folder.Bucket,
                Key = upload.Key,
                UploadId = upload.UploadId,
                PartNumber = 2,
                InputStream = wrong,
            },
            Token);
        Proxy.Forget();

        var copy = await AdmitAsync(location);

        Assert.Equal([2, 3, 4, 5], SentParts());
        await AssertHeldAsync(location, copy);
    }

    private async Task BreakOffAsync(S3Location location, int before)
    {
        Proxy.Mishap = request => PartOf(request) >= before ? new S3Mishap.DropBefore() : null;
        var failure = await Assert.ThrowsAsync<LocationException>(() => AdmitAsync(location));
        Proxy.Mishap = null;
        Assert.Equal(LocationFault.Unknown, failure.Fault);
        Assert.Empty(await location.ListCopiesAsync(null, Token).ToListAsync(Token));
    }

    private static async Task<Copy> AdmitAsync(S3Location location) =>
        await new LocationUnderTest(location).AdmitAsync(Content, Token);

    private static int PartOf(S3Request request) => request.IsPart && request.IsOfContent
        ? int.Parse(
            System.Web.HttpUtility.ParseQueryString(request.Target[request.Target.IndexOf('?')..])["partNumber"]!,
            System.Globalization.CultureInfo.InvariantCulture)
        : 0;

    private IEnumerable<int> SentParts() => Proxy.Requests.Select(PartOf).Where(static part => part > 0).Order();

    private static async Task AssertHeldAsync(S3Location location, Copy copy)
    {
        Assert.Single(await location.ListCopiesAsync(null, Token).ToListAsync(Token));
        await AssertWholeAsync(location, copy);
    }

    private static async Task AssertWholeAsync(S3Location location, Copy copy)
    {
        var read = new byte[Content.Length + 1];
        Assert.Equal(Content.Length, await location.ReadAsync(Key, copy, 0, read, Token));
        Assert.True(read.AsSpan(0, Content.Length).SequenceEqual(Content));
        Assert.True((await location.InspectAsync(Key, copy, null, Token))!.IsReadable);
    }
}

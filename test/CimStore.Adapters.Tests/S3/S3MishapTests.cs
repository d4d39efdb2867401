using System.Net;
using CimStore.Locations;
using CimStore.S3;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.S3;

/// <summary>What a server says, cuts short, keeps to itself or never answers: each has its fault, and no read is short.
/// </summary>
[Trait("row", "B4")]
public sealed class S3MishapTests(S3Servers servers) : IAsyncLifetime
{
    private static readonly byte[] Content = Samples.Bytes(200_000, 5);
    private static readonly ContentKey Key = ContentKey.Shared(Samples.CidOf(Content));

    private S3Folder? _folder;
    private S3Proxy? _proxy;
    private S3Location? _location;
    private Copy? _copy;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Folder Folder => _folder!;

    private S3Proxy Proxy => _proxy!;

    private S3Location Location => _location!;

    public async ValueTask InitializeAsync()
    {
        var ceph = await servers.CephAsync();
        _folder = await S3Folder.MakeAsync(ceph);
        _proxy = new S3Proxy(ceph);
        Folder.Options.Endpoint = Proxy.Endpoint.Address;
        _location = await Folder.OpenAsync();
        _copy = await new LocationUnderTest(Location).AdmitAsync(Content, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await (_location?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_proxy?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder?.Dispose();
    }

    [Theory]
    [InlineData(503, "SlowDown", LocationFault.Throttled, LocationFault.Throttled)]
    [InlineData(429, "TooManyRequests", LocationFault.Throttled, LocationFault.Throttled)]
    [InlineData(429, "NobodyKnowsThisOne", LocationFault.Throttled, LocationFault.Throttled)]
    [InlineData(503, "NobodyKnowsThisOne", LocationFault.Throttled, LocationFault.Throttled)]
    [InlineData(409, "OperationAborted", LocationFault.Throttled, LocationFault.Throttled)]
    [InlineData(403, "QuotaExceeded", LocationFault.Full, LocationFault.Full)]
    [InlineData(507, "XMinioStorageFull", LocationFault.Full, LocationFault.Full)]
    [InlineData(507, "NobodyKnowsThisOne", LocationFault.Full, LocationFault.Full)]
    [InlineData(500, "InternalError", LocationFault.Offline, LocationFault.Unknown)]
    [InlineData(502, "NobodyKnowsThisOne", LocationFault.Offline, LocationFault.Unknown)]
    [InlineData(400, "RequestTimeout", LocationFault.Offline, LocationFault.Unknown)]
    [InlineData(400, "ExpiredToken", LocationFault.Offline, LocationFault.Offline)]
    [InlineData(403, "AllAccessDisabled", LocationFault.Offline, LocationFault.Offline)]
    [InlineData(403, "RequestTimeTooSkewed", LocationFault.Offline, LocationFault.Offline)]
    [InlineData(404, "NoSuchBucket", LocationFault.Offline, LocationFault.Offline)]
    public async Task What_a_server_says_has_its_fault(
        int status, string code, LocationFault ofRead, LocationFault ofWrite)
    {
        var said = new S3Mishap.Answer((HttpStatusCode)status, code);
        Proxy.Fail(1, request => request.Is("GET"), said);
        Assert.Equal(ofRead, (await FailToReadAsync()).Fault);
        Proxy.Fail(1, request => request.Is("PUT"), said);
        var failure = await FailToWriteAsync(Samples.Bytes(1000, 6));

        Assert.Equal(ofWrite, failure.Fault);
        Assert.Contains(code, failure.Message, StringComparison.Ordinal);
        await AssertReadAsync(Location);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(199_999)]
    public async Task An_answer_that_is_cut_short_is_no_shorter_read(int after)
    {
        Proxy.Fail(1, request => request.Is("GET"), new S3Mishap.CutBody(after));
        var failure = await FailToReadAsync();

        Assert.Equal(LocationFault.Offline, failure.Fault);
        await AssertReadAsync(Location);
    }

    [Fact]
    public async Task A_put_of_which_nothing_is_heard_may_or_may_not_have_happened()
    {
        Proxy.Mishap = request => request.Is("PUT") ? new S3Mishap.DropBefore() : null;
        var before = await FailToWriteAsync(Samples.Bytes(1000, 7));
        Proxy.Mishap = request => request.Is("PUT") ? new S3Mishap.DropAfter() : null;
        var after = await FailToWriteAsync(Samples.Bytes(1000, 8));
        Proxy.Mishap = null;
        var held = await Location.ListCopiesAsync(null, Token).Select(one => one.Manifest.Key.Cid).ToListAsync(Token);

        Assert.Equal((LocationFault.Unknown, LocationFault.Unknown), (before.Fault, after.Fault));
        Assert.DoesNotContain(Samples.CidOf(Samples.Bytes(1000, 7)), held);
        Assert.Contains(Samples.CidOf(Samples.Bytes(1000, 8)), held);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_not_waited_for()
    {
        Folder.Options.RequestTimeout = TimeSpan.FromSeconds(1);
        await using var hasty = await Folder.OpenAsync();
        Proxy.Mishap = request => request.IsOfContent ? new S3Mishap.Stall() : null;
        var read = await Assert.ThrowsAsync<LocationException>(
            async () => await hasty.ReadAsync(Key, _copy!, 0, new byte[1000], Token));
        var write = await Assert.ThrowsAsync<LocationException>(
            () => new LocationUnderTest(hasty).AdmitAsync(Samples.Bytes(1000, 9), Token));
        using var given = CancellationTokenSource.CreateLinkedTokenSource(Token);
        given.CancelAfter(TimeSpan.FromMilliseconds(100));

        Assert.Equal((LocationFault.Offline, LocationFault.Unknown), (read.Fault, write.Fault));
        Assert.Contains("within", read.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await hasty.ReadAsync(Key, _copy!, 0, new byte[1000], given.Token));
    }

    [Fact]
    public async Task An_inspection_finds_a_bit_that_is_another_one()
    {
        Proxy.Fail(1, request => request.Is("GET"), new S3Mishap.FlipBit(70_000));

        var condition = await Location.InspectAsync(Key, _copy!, null, Token);

        Assert.False(condition!.IsReadable);
        Assert.Contains("MD5", Assert.Single(condition.Faults), StringComparison.Ordinal);
        Assert.True((await Location.InspectAsync(Key, _copy!, null, Token))!.IsReadable);
    }

    [Fact]
    public async Task Retries_get_through_what_passes()
    {
        await using var retrying = new RetryingLocation(
            await Folder.OpenAsync(), new RetryOptions { DelayFirst = TimeSpan.FromMilliseconds(1) },
            TimeProvider.System, new Random(1));
        S3Mishap[] mishaps =
        [
            new S3Mishap.Answer(HttpStatusCode.ServiceUnavailable, "SlowDown"),
            new S3Mishap.Answer(HttpStatusCode.InternalServerError, "InternalError"),
            new S3Mishap.CutBody(1000),
            new S3Mishap.DropAfter(),
        ];
        foreach (var mishap in mishaps)
        {
            Proxy.Fail(2, request => request.Is("GET"), mishap);
            await AssertReadAsync(retrying);
        }

        Proxy.Fail(2, request => request.Is("DELETE"), new S3Mishap.DropAfter());
        await retrying.ReleaseAsync(Key, _copy!.Incarnation, Token);
        Assert.Null(await retrying.ReadAsync(Key, _copy!, 0, new byte[10], Token));
    }

    private async Task<LocationException> FailToReadAsync() => await Assert.ThrowsAsync<LocationException>(
        async () => await Location.ReadAsync(Key, _copy!, 0, new byte[Content.Length], Token));

    private async Task<LocationException> FailToWriteAsync(byte[] content) =>
        await Assert.ThrowsAsync<LocationException>(
            () => new LocationUnderTest(Location).AdmitAsync(content, Token));

    private async Task AssertReadAsync(ILocation location)
    {
        var read = new byte[Content.Length + 1];
        Assert.Equal(Content.Length, await location.ReadAsync(Key, _copy!, 0, read, Token));
        Assert.Equal(Content, read[..^1]);
    }
}

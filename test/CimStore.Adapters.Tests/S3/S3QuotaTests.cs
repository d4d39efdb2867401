using CimStore.Locations;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.S3;

/// <summary>A quota counts what is in the bucket, whoever put it there and whenever.</summary>
[Trait("row", "B4")]
public sealed class S3QuotaTests(S3Servers servers) : IAsyncLifetime
{
    private const int Size = 200_000;

    private S3Folder? _folder;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Folder Folder => _folder!;

    public async ValueTask InitializeAsync()
    {
        _folder = await S3Folder.MakeAsync(await servers.CephAsync());
        Folder.Options.QuotaBytes = (2 * Size) + (Size / 2);
    }

    public ValueTask DisposeAsync()
    {
        _folder?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_lay_there_before_counts_and_what_is_released_does_not()
    {
        Copy first;
        await using (var before = await Folder.OpenAsync())
        {
            first = await AdmitAsync(before, 1);
            await AdmitAsync(before, 2);
        }

        await using var location = await Folder.OpenAsync();
        var full = await Assert.ThrowsAsync<LocationException>(() => AdmitAsync(location, 3));
        await location.ReleaseAsync(KeyOf(1), first.Incarnation, Token);
        await AdmitAsync(location, 3);
        var again = await Assert.ThrowsAsync<LocationException>(() => AdmitAsync(location, 4));

        Assert.Equal((LocationFault.Full, LocationFault.Full), (full.Fault, again.Fault));
        var room = (await location.FindRoomAsync(Token)).BytesFree;
        Assert.Equal((await location.MeasureSpaceAsync(Token)).BytesFree, room);
        Assert.InRange(room!.Value, 1, Size);
    }

    [Fact]
    public async Task Content_of_a_length_that_nobody_said_is_held_to_it_too()
    {
        await using var location = await Folder.OpenAsync();
        var content = Samples.Bytes(3 * Size, 5);
        await using var staged = await location.StageAsync(null, Token);
        var manifest = await LocationUnderTest.WriteAsync(staged, content, Token);

        var full = await Assert.ThrowsAsync<LocationException>(async () => await staged.SealAsync(manifest, Token));

        Assert.Equal(LocationFault.Full, full.Fault);
        Assert.Empty(await location.ListCopiesAsync(null, Token).ToListAsync(Token));
    }

    private static ContentKey KeyOf(int seed) => ContentKey.Shared(Samples.CidOf(Samples.Bytes(Size, seed)));

    private static async Task<Copy> AdmitAsync(ILocation location, int seed) =>
        await new LocationUnderTest(location).AdmitAsync(Samples.Bytes(Size, seed), Token);
}

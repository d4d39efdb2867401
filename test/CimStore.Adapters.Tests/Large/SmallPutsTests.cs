using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Disk.Large;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Adapters.Tests.Large;

/// <summary>Streams give the device little at a time while small contents come in, and much while none do.</summary>
public sealed class SmallPutsTests
{
    private static readonly IdSource Ids = new(TimeProvider.System);

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void They_come_in_when_the_fourth_last_is_recent()
    {
        var puts = new SmallPuts(_time);
        var found = new List<bool>();
        for (var put = 0; put < 2 * SmallPuts.CountMin; put++)
        {
            puts.Note();
            found.Add(puts.AreComing);
            _time.Advance(SmallPuts.Within / SmallPuts.CountMin);
        }

        Assert.Equal([false, false, false, true, true, true, true, true], found);
        Assert.False(puts.AreComing);
    }

    [Fact]
    public async Task A_stream_has_nothing_under_way_that_it_does_not_wait_for_while_they_come_in()
    {
        using var directory = new TempDirectory();
        var plan = new FaultPlan().At(DiskOperation.StartWriteOut, 0, new DiskFault.Error(Errno.InputOutput));
        await using var store = await DiskStore.OpenAsync(
            Sample.Options(directory), _time,
            new DiskStoreParts(new FaultyDisk(new PosixDisk(), plan), null, null), Token);
        for (var put = 0; put < SmallPuts.CountMin; put++)
        {
            await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(put, 100))], Token);
        }

        await StreamAsync(store, 10);
        _time.Advance(SmallPuts.Within);

        await Assert.ThrowsAsync<LocationException>(() => StreamAsync(store, 11));
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(500_000)]
    [InlineData(1_500_000)]
    public async Task What_a_stream_holds_back_when_they_begin_comes_in_its_place(int heldBytes)
    {
        using var directory = new TempDirectory();
        await using var store = await Sample.OpenAsync(directory);
        var content = Sample.Bytes(12, 3_000_001);
        await using var staged = await store.StageAsync(content.Length, Token);
        await staged.WriteAsync(content.AsMemory(0, heldBytes), Token);
        for (var put = 0; put < SmallPuts.CountMin; put++)
        {
            await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(put, 100))], Token);
        }

        await staged.WriteAsync(content.AsMemory(heldBytes, 100), Token);
        await staged.WriteAsync(content.AsMemory(heldBytes + 100), Token);
        await staged.WriteTreeAsync(Sample.Tree(content), Token);
        await staged.SealAsync(Sample.Manifest(content), Token);

        var file = Assert.Single(Directory.GetFiles(directory.Path, "*.blob", SearchOption.AllDirectories));
        var stored = await File.ReadAllBytesAsync(file, Token);
        Assert.Equal(content, stored[LargeHeader.HeaderBytes..]);
    }

    private static async Task StreamAsync(DiskStore store, int seed)
    {
        await using var staged = await Sample.StageAsync(store, Sample.Bytes(seed, 8 << 20), Token);
    }
}

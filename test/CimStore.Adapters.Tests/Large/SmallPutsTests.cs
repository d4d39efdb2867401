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

    private static async Task StreamAsync(DiskStore store, int seed)
    {
        await using var staged = await Sample.StageAsync(store, Sample.Bytes(seed, 8 << 20), Token);
    }
}

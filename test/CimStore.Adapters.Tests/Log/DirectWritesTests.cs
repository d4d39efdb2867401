using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Objects;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

public sealed class DirectWritesTests
{
    private static readonly TimeSpan Sync = TimeSpan.FromMilliseconds(1);

    private readonly DirectWrites _direct = new();

    [Fact]
    public void A_bulk_passes_the_page_cache_and_other_batches_do_not()
    {
        Assert.True(_direct.Takes(DirectWrites.BulkBytesMin));
        Assert.False(_direct.Takes(DirectWrites.BulkBytesMin - 1));
    }

    [Fact]
    public void Once_copying_was_slow_the_next_batches_pass_the_page_cache_until_one_looks_again()
    {
        _direct.Copied(DirectWrites.BytesMin, Sync / 2, Sync);

        var taken = Enumerable.Range(0, DirectWrites.BatchesAtOnce + 1)
            .Select(_ => _direct.Takes(DirectWrites.BytesMin)).ToArray();

        Assert.All(taken[..^1], Assert.True);
        Assert.False(taken[^1]);
    }

    [Fact]
    public void A_small_batch_says_nothing_of_the_page_cache_and_never_passes_it()
    {
        _direct.Copied(DirectWrites.BytesMin - 1, Sync / 2, Sync);
        Assert.False(_direct.Takes(DirectWrites.BytesMin));

        _direct.Copied(DirectWrites.BytesMin, Sync / 2, Sync);
        Assert.False(_direct.Takes(DirectWrites.BytesMin - 1));
        Assert.True(_direct.Takes(DirectWrites.BytesMin));
    }

    [Fact]
    public void A_copy_of_the_usual_time_changes_nothing()
    {
        _direct.Copied(DirectWrites.BytesMin, Sync / 20, Sync);

        Assert.False(_direct.Takes(DirectWrites.BytesMin));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_log_passes_the_page_cache_after_a_copy_that_took_long(bool isSlow)
    {
        using var directory = new TempDirectory();
        var (ids, time) = (new IdSource(TimeProvider.System), new FakeTimeProvider());
        var token = TestContext.Current.CancellationToken;
        var isPassed = false;
        var never = new DiskFault.Error(Errno.InputOutput);
        var plan = new FaultPlan()
            .While(() => Copy(time, isSlow), DiskOperation.Write, never)
            .While(() => (isPassed = true) is false, DiskOperation.WriteBulk, never);
        await using var store = await DiskStore.OpenAsync(
            Sample.Options(directory), time,
            new DiskStoreParts(new FaultyDisk(new PosixDisk(), plan), null, null), token);

        await store.AppendAsync([Sample.Store(ids, Sample.Bytes(1, DirectWrites.BytesMin))], token);
        Assert.False(isPassed);
        await store.AppendAsync([Sample.Store(ids, Sample.Bytes(2, DirectWrites.BytesMin))], token);

        Assert.Equal(isSlow, isPassed);
    }

    private static bool Copy(FakeTimeProvider time, bool isSlow)
    {
        time.Advance(isSlow ? TimeSpan.FromMilliseconds(1) : TimeSpan.Zero);
        return false;
    }
}

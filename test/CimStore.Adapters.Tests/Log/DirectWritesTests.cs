using CimStore.Disk.Log;
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
}

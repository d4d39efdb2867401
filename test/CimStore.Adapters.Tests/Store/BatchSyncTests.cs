using System.Buffers;
using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Engine;
using CimStore.Objects;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>What a batch is for.</summary>
public sealed class BatchSyncTests
{
    private const int Contents = 50;

    private int _syncs;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "G12")]
    public async Task A_batch_of_small_contents_shares_one_sync()
    {
        using var directory = new TempDirectory();
        var plan = new FaultPlan().While(OnSync, DiskOperation.SyncData, new DiskFault.Error(Errno.InputOutput));
        var time = TimeProvider.System;
        var parts = new DiskStoreParts(new FaultyDisk(new PosixDisk(), plan), null, null);
        await using var store = await DiskStore.OpenAsync(Sample.Options(directory), time, parts, Token);
        await using var node = await StorageNode.OpenAsync(
            StorageNodePorts.Of(store), time, new IdSource(time), new StorageNodeOptions(), null, Token);
        var items = Enumerable.Range(0, Contents)
            .Select(static number => new StoreItem(new ReadOnlySequence<byte>(Sample.Bytes(number, 1000))))
            .ToList();
        _syncs = 0;

        var results = await node.StoreManyAsync(items, StoreRequest.Default, Token);

        Assert.Equal(Contents, results.Count(static result => result.Stored is not null));

        // A segment may have to be made, and the log may have been idle long enough for a mark.
        Assert.InRange(_syncs, 1, 3);
    }

    private bool OnSync()
    {
        Interlocked.Increment(ref _syncs);
        return false;
    }
}

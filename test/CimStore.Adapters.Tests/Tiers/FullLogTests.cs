using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Disk.Lifecycle;
using CimStore.Disk.Pool;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Contracts;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Adapters.Tests.Tiers;

/// <summary>
/// A log on a disk that is as large as the test says, and as full as its own files make it, beside a directory on
/// another disk.
/// </summary>
[Trait("row", "G9")]
public sealed class FullLogTests : IDisposable
{
    private const int Size = 4000;
    private const int Contents = 300;

    private readonly TempDirectory _data = TempDirectory.InMemory();
    private readonly TempDirectory _other = TempDirectory.InMemory();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Of the disk that the log is on; without an end until a test gives it one.</summary>
    private long _diskBytes = 1L << 40;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _data.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task A_full_log_refuses_gives_up_what_the_directory_holds_too_and_takes_in_again()
    {
        await using var node = await OpenAsync();
        var doubled = await StoreAsync(node, DurabilityClass.Ephemeral, 0);
        foreach (var cid in doubled)
        {
            await node.ReplicateAsync(cid, new ReplicateRequest(2, CommandIdentity.None), Token);
        }

        var needed = await StoreAsync(node, DurabilityClass.Standard, 1000);
        _diskBytes = Used() * 100 / 96;

        var refused = await Assert.ThrowsAsync<LocationException>(
            () => FillAsync(node).AsTask());
        var health = await node.StatusAsync(Token);
        var wanted = Used() - (_diskBytes * 9 / 10);
        var cycle = await node.Scavenger!.RunAsync(Token);
        Assert.InRange(Used(), 0, _diskBytes * 9 / 10);
        var after = await node.StoreAsync(Samples.Bytes(Size, 5000), Token, Ephemeral);

        Assert.Equal(LocationFault.IntakeStopped, refused.Fault);
        Assert.Contains(health.Warnings, static one => one.Contains("hot is filled to 9", StringComparison.Ordinal));

        Assert.InRange(cycle.Evicted, 1, (wanted / Size) + 1);
        Assert.False(after.Deduplicated);
        await AssertReadAsync(node, doubled, 0, copiesMin: 1);
        await AssertReadAsync(node, needed, 1000, copiesMin: 2);
    }

    [Fact]
    public async Task A_log_that_holds_the_only_copies_stays_full_until_content_is_deleted_and_is_so_after_a_restart()
    {
        List<Cid> cids;
        await using (var node = await OpenAsync())
        {
            cids = await StoreAsync(node, DurabilityClass.Ephemeral, 0);
            _diskBytes = Used() * 100 / 97;
            await Assert.ThrowsAsync<LocationException>(() => FillAsync(node).AsTask());
        }

        await using var again = await OpenAsync();
        var refused = await Assert.ThrowsAsync<LocationException>(() => FillAsync(again).AsTask());
        var cycle = await again.Scavenger!.RunAsync(Token);
        await Assert.ThrowsAsync<LocationException>(() => FillAsync(again).AsTask());
        await AssertReadAsync(again, cids, 0, copiesMin: 1);
        foreach (var cid in cids.Take(Contents / 2))
        {
            await again.DeleteAsync(cid, DeleteRequest.Default with { Grace = TimeSpan.Zero }, Token);
        }

        await again.CollectAsync(Token);
        await again.StoreAsync(Samples.Bytes(Size, 7000), Token, Ephemeral);

        Assert.Equal(LocationFault.IntakeStopped, refused.Fault);
        Assert.Equal(0, cycle.Evicted);
    }

    private static StoreRequest Ephemeral => StoreRequest.Default with
    {
        Class = DurabilityClass.Ephemeral,
        Level = ConsistencyLevel.Strong,
    };

    private static async ValueTask FillAsync(StorageNode node)
    {
        // Somebody looks, as a cycle or health does: the disk became small without a content.
        await node.StatusAsync(Token);
        for (var index = 0; index < Contents; index++)
        {
            await node.StoreAsync(Samples.Bytes(Size, 3000 + index), Token, Ephemeral);
        }
    }

    private static async Task<List<Cid>> StoreAsync(StorageNode node, DurabilityClass durability, int seed)
    {
        var cids = new List<Cid>();
        for (var index = 0; index < Contents; index++)
        {
            cids.Add((await node.StoreAsync(
                Samples.Bytes(Size, seed + index), Token, Ephemeral with { Class = durability })).Cid);
        }

        return cids;
    }

    private static async Task AssertReadAsync(StorageNode node, List<Cid> cids, int seed, int copiesMin)
    {
        for (var index = 0; index < cids.Count; index++)
        {
            Assert.Equal(Samples.Bytes(Size, seed + index), await node.ReadAsync(cids[index], Token));
            var record = (await node.StatAsync(cids[index], Token))!;
            Assert.True(record.Copies.Count(static copy => copy.State == CopyState.Verified) >= copiesMin);
        }
    }

    private long Used() => new DirectoryInfo(_data.Path).EnumerateFiles("*", SearchOption.AllDirectories)
        .Where(static file => file.FullName.Contains("/log/", StringComparison.Ordinal)
            || file.FullName.Contains("/large/", StringComparison.Ordinal))
        .Sum(static file => file.Length);

    private async Task<StorageNode> OpenAsync()
    {
        var time = new ObservedTime(_time);
        var disk = new MeasuredDisk(new PosixDisk())
        {
            Measure = () => new DiskSpace(0xEF53, _diskBytes, Math.Max(0, _diskBytes - Used()), 0, 0),
        };
        var options = Sample.Options(_data);
        options.SegmentBytes = 256 << 10;
        var store = await DiskStore.OpenAsync(options, time, new DiskStoreParts(disk, null, null), Token);
        var other = await PoolLocation.OpenAsync(
            new PoolOptions
            {
                Id = new LocationId("warm"),
                DataShards = 1,
                ParityShards = 0,
                Sets = [[Path.Combine(_other.Path, "warm")]],
                StateDirectory = Path.Combine(_other.Path, "state"),
                ForceUnsafe = true,
                Traits = new LocationTraits
                {
                    Tier = StorageTier.Warm,
                    Medium = "hdd",
                    Labels = ImmutableDictionary<string, string>.Empty.Add("device", "warm"),
                },
            },
            time, Token);
        var ports = StorageNodePorts.Of(store) with
        {
            Locations = [store, other],
            Tiers = new TierSettings(
                MigrationPolicies.SeedV1, DueIndex.Open(Path.Combine(_other.Path, "due"), store.DurableLsn))
            {
                Placement = new PlacementOptions { FreeBytesMin = 0 },
            },
        };
        var node = new StorageNodeOptions();
        node.Cache.SizeMaxBytes = 0;
        return await StorageNode.OpenAsync(ports, time, new IdSource(time), node, null, Token);
    }
}

using System.Text;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Tiers;

/// <summary>The data directory is lost; the catalog is made again from the copies of the other locations.</summary>
public sealed class RebuildTests
{
    private static readonly LocationId Pool = new("pool");
    private static readonly LocationId Cold = new("cold");
    private static readonly int[] Sizes = [0, 1, 1024, 1 << 20, 5 << 20];
    private static readonly int[] SmallSizes = [0, 3000];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "G10")]
    public async Task Everything_is_had_back_byte_for_byte_from_the_locations_alone()
    {
        await using var tiers = await OpenAsync();
        var contents = await StoreAllAsync(tiers, Sizes);
        tiers.Time.Advance(TimeSpan.FromDays(1));
        await tiers.LoseDataAsync();
        await tiers.OpenAsync();

        var fromPool = await RebuildAsync(tiers, Pool);
        var fromCold = await RebuildAsync(tiers, Cold);

        Assert.DoesNotContain(fromPool.Concat(fromCold), finding => !finding.IsWell);
        Assert.Equal(2 * Sizes.Length, Count(fromPool, RebuildVerdict.Admitted));
        Assert.Equal(2 * Sizes.Length, Count(fromCold, RebuildVerdict.Admitted));
        Assert.Equal(Sizes.Length, Count(fromCold, RebuildVerdict.Added));
        await AssertReadAsync(tiers, contents);
        foreach (var cid in contents.Keys)
        {
            var record = (await tiers.Node.StatAsync(cid, Token))!;
            var isInPool = record.Copies.Any(copy => copy.Location == Pool);
            Assert.Equal(isInPool ? StorageTier.Warm : StorageTier.Cold, record.Tier);
            Assert.All(record.Copies, copy => Assert.Equal(tiers.Time.GetUtcNow(), copy.VerifiedAt));
            Assert.True(record.CreatedAt < tiers.Time.GetUtcNow().AddHours(-23));
            Assert.True(record.References.IsEmpty && record.ExpiresAt is null);
            Assert.True((await tiers.Node.VerifyAsync(cid, Token))!.IsWhole);
        }
    }

    [Fact]
    public async Task What_is_had_back_stays_at_its_tier_however_lately_its_copy_was_made()
    {
        await using var tiers = await OpenAsync();
        var contents = await StoreAllAsync(tiers, SmallSizes);
        await tiers.LoseDataAsync();
        await tiers.OpenAsync();
        await RebuildAsync(tiers, Pool);
        await RebuildAsync(tiers, Cold);

        var cycle = await tiers.CycleAsync(TimeSpan.FromHours(1));
        var month = await tiers.CycleAsync(TimeSpan.FromDays(22));
        var later = await tiers.CycleAsync(TimeSpan.FromDays(1));

        // From the pool, where content is a week old, into the cold when it is thirty days.
        Assert.Equal((0, 0), (cycle.Moved, cycle.NotMoved));
        Assert.Equal((0, 0), (month.Moved, month.NotMoved));
        Assert.Equal(2 * SmallSizes.Length, later.Moved);
        await AssertReadAsync(tiers, contents);
    }

    [Fact]
    public async Task A_second_rebuild_adds_nothing_and_outlives_a_restart()
    {
        await using var tiers = await OpenAsync();
        var contents = await StoreAllAsync(tiers, SmallSizes);
        await tiers.LoseDataAsync();
        await tiers.OpenAsync();
        await RebuildAsync(tiers, Pool);
        await RebuildAsync(tiers, Cold);
        await tiers.ReopenAsync();
        var last = (await tiers.Node.StatusAsync(Token)).DurableLsn;

        var again = (await RebuildAsync(tiers, Pool)).Concat(await RebuildAsync(tiers, Cold)).ToList();

        Assert.All(again, finding => Assert.Equal(RebuildVerdict.Known, finding.Verdict));
        Assert.Equal(last, (await tiers.Node.StatusAsync(Token)).DurableLsn);
        await AssertReadAsync(tiers, contents);
    }

    [Fact]
    public async Task Four_of_the_eight_directories_may_be_lost_with_it()
    {
        await using var tiers = await OpenAsync();
        var contents = await StoreAllAsync(tiers, Sizes);
        await tiers.LoseDataAsync();
        foreach (var shard in new[] { 0, 2, 3, 6 })
        {
            Directory.Delete(tiers.PoolDirectory(shard), recursive: true);
        }

        await tiers.OpenAsync();
        var fromPool = await RebuildAsync(tiers, Pool);
        var fromCold = await RebuildAsync(tiers, Cold);

        Assert.DoesNotContain(fromPool.Concat(fromCold), finding => !finding.IsWell);
        Assert.All(fromPool, finding => Assert.True(finding.LacksParts));
        Assert.Equal(contents.Count, await tiers.Node.ListAsync(null, Token).CountAsync(Token));
        await AssertReadAsync(tiers, contents);
    }

    [Fact]
    public async Task A_damaged_copy_is_named_left_as_it_is_and_stops_nothing()
    {
        await using var tiers = await OpenAsync();
        var small = Samples.Bytes(3000, 31);
        var large = Samples.Bytes(3 << 20, 32);
        var contents = await StoreAllAsync(tiers, SmallSizes);
        await StoreAsync(tiers, small, StorageTier.Cold);
        await StoreAsync(tiers, large, StorageTier.Cold);
        await tiers.LoseDataAsync();
        Flip(tiers.ColdDirectory, small[..64]);
        Flip(tiers.ColdDirectory, large[^64..]);
        await tiers.OpenAsync();

        var findings = await RebuildAsync(tiers, Cold);
        await RebuildAsync(tiers, Pool);

        var bad = findings.Where(finding => finding.Verdict == RebuildVerdict.Bad).ToList();
        Assert.Equal(
            new[] { small, large }.Select(Samples.CidOf).Order(), bad.Select(finding => finding.Key.Cid).Order());
        Assert.All(bad, finding => Assert.NotEmpty(finding.Detail!));
        Assert.All(bad, finding => Assert.False(finding.IsWell));
        await AssertReadAsync(tiers, contents);
        Assert.Null(await tiers.Node.StatAsync(Samples.CidOf(small), Token));
        var held = await tiers.Cold.ListCopiesAsync(null, Token)
            .Select(copy => copy.Manifest.Key.Cid).ToListAsync(Token);
        Assert.Contains(Samples.CidOf(small), held);
        Assert.Contains(Samples.CidOf(large), held);
    }

    [Fact]
    public async Task A_copy_that_lost_more_shards_than_the_pool_can_spare_is_named()
    {
        await using var tiers = await OpenAsync();
        var content = Samples.Bytes(200_000, 41);
        await StoreAsync(tiers, content, StorageTier.Warm);
        await tiers.LoseDataAsync();
        for (var shard = 0; shard < 4; shard++)
        {
            Flip(tiers.PoolDirectory(shard), content[(shard * 50_000)..][..64]);
        }

        Directory.Delete(tiers.PoolDirectory(7), recursive: true);
        await tiers.OpenAsync();

        // With the directory that is gone it would be right; with another in its place it is lost.
        var unread = Assert.Single(await RebuildAsync(tiers, Pool));
        Directory.CreateDirectory(tiers.PoolDirectory(7));
        tiers.Pool.Replace(0, 7);
        var bad = Assert.Single(await RebuildAsync(tiers, Pool));

        Assert.Equal((Samples.CidOf(content), RebuildVerdict.Unread), (unread.Key.Cid, unread.Verdict));
        Assert.Equal((Samples.CidOf(content), RebuildVerdict.Bad), (bad.Key.Cid, bad.Verdict));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_five_directories_gone_nothing_of_the_pool_is_admitted(bool proves)
    {
        await using var tiers = await OpenAsync();
        // Not the empty content: no bytes are right without any shard.
        int[] sizes = [500, 3000];
        await StoreAllAsync(tiers, sizes);
        await tiers.LoseDataAsync();
        for (var shard = 0; shard < 5; shard++)
        {
            Directory.Delete(tiers.PoolDirectory(shard), recursive: true);
        }

        await tiers.OpenAsync();
        var findings = await RebuildAsync(tiers, Pool, new RebuildRequest(Pool, proves));

        Assert.Equal(2 * sizes.Length, Count(findings, RebuildVerdict.Unread));
        Assert.Equal(findings.Count, Count(findings, RebuildVerdict.Unread));
        Assert.Empty(await tiers.Node.ListAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task What_is_admitted_unproved_is_the_first_that_the_scrub_proves()
    {
        await using var tiers = await OpenAsync();
        var large = Samples.Bytes(3 << 20, 32);
        await StoreAllAsync(tiers, SmallSizes);
        await StoreAsync(tiers, large, StorageTier.Cold);
        await tiers.LoseDataAsync();
        Flip(tiers.ColdDirectory, large[^64..]);
        await tiers.OpenAsync();

        var findings = await RebuildAsync(tiers, Cold, new RebuildRequest(Cold, Proves: false));
        var unproved = (await tiers.Node.StatAsync(Samples.CidOf(large), Token))!.Copies.Single();
        var result = await tiers.Node.Scrubber!.RunAsync(null, Token);

        Assert.All(findings, finding => Assert.Equal(RebuildVerdict.Admitted, finding.Verdict));
        Assert.Equal((CopyState.Verified, DateTimeOffset.UnixEpoch), (unproved.State, unproved.VerifiedAt));
        Assert.Equal((findings.Count, findings.Count - 1, 1), (result.Objects, result.Copies, result.Wrong));
        var scrubbed = (await tiers.Node.StatAsync(Samples.CidOf(large), Token))!.Copies.Single();
        Assert.Equal(CopyState.Quarantined, scrubbed.State);
    }

    [Fact]
    public async Task A_rehearsal_proves_and_admits_nothing()
    {
        await using var tiers = await OpenAsync();
        await StoreAllAsync(tiers, SmallSizes);
        await tiers.LoseDataAsync();
        await tiers.OpenAsync();

        var findings = await RebuildAsync(tiers, Cold, new RebuildRequest(Cold, IsRehearsal: true));

        Assert.Equal(3 * SmallSizes.Length, Count(findings, RebuildVerdict.Admitted));
        Assert.Empty(await tiers.Node.ListAsync(null, Token).ToListAsync(Token));
        Assert.Equal(Lsn.None, (await tiers.Node.StatusAsync(Token)).DurableLsn);
    }

    [Fact]
    public async Task What_was_deleted_since_stays_deleted()
    {
        await using var tiers = await OpenAsync();
        var contents = await StoreAllAsync(tiers, SmallSizes);
        await tiers.LoseDataAsync();
        await tiers.OpenAsync();
        await RebuildAsync(tiers, Pool);
        var gone = (await RebuildAsync(tiers, Cold, new RebuildRequest(Cold, IsRehearsal: true)))
            .First(finding => finding.Verdict == RebuildVerdict.Added).Key.Cid;
        await tiers.Node.DeleteAsync(gone, DeleteRequest.Default, Token);

        var again = await RebuildAsync(tiers, Cold);

        Assert.Equal(RebuildVerdict.Deleted, again.Single(finding => finding.Key.Cid == gone).Verdict);
        Assert.False((await tiers.Node.StatAsync(gone, Token))!.IsPresent);
        Assert.Equal(contents.Count - 1, await tiers.Node.ListAsync(null, Token)
            .Where(record => record.IsPresent).CountAsync(Token));
    }

    [Fact]
    public async Task A_copy_whose_content_somebody_is_at_work_on_is_left_for_the_next_time()
    {
        await using var tiers = await OpenAsync();
        await StoreAllAsync(tiers, SmallSizes);
        await tiers.LoseDataAsync();
        await tiers.OpenAsync();
        await RebuildAsync(tiers, Pool);
        var both = (await RebuildAsync(tiers, Cold, new RebuildRequest(Cold, IsRehearsal: true)))
            .First(finding => finding.Verdict == RebuildVerdict.Added).Key.Cid;

        List<RebuildFinding> during;
        await using (await tiers.Node.OpenAsync(both, RetrieveRequest.Default, Token))
        {
            during = await RebuildAsync(tiers, Cold);
        }

        var after = await RebuildAsync(tiers, Cold);

        Assert.Equal(both, Assert.Single(during, finding => finding.Verdict == RebuildVerdict.Unread).Key.Cid);
        Assert.Equal(both, Assert.Single(after, finding => finding.Verdict == RebuildVerdict.Added).Key.Cid);
    }

    [Theory]
    [InlineData("hot", "location-home")]
    [InlineData("elsewhere", "no-location")]
    public async Task Only_another_location_than_the_log_can_be_rebuilt_from(string location, string code)
    {
        await using var tiers = await OpenAsync();

        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => RebuildAsync(tiers, new LocationId(location)));

        Assert.Equal(code, refused.Refusal.Code);
    }

    private static async Task<TieredNode> OpenAsync()
    {
        var tiers = new TieredNode(MigrationPolicies.SeedV1) { CompressesCold = true };
        await tiers.OpenAsync();
        return tiers;
    }

    /// <summary>Contents of every size: in the pool, in the cold directory, and in both.</summary>
    private static async Task<Dictionary<Cid, byte[]>> StoreAllAsync(TieredNode tiers, int[] sizes)
    {
        var contents = new Dictionary<Cid, byte[]>();
        foreach (var (index, size) in sizes.Index())
        {
            var sha = StoreRequest.Default with { HashFunction = HashFunctions.Sha256, Codec = Codecs.DagCbor };
            var warm = Samples.Bytes(size, index + 1);
            var cold = Samples.Bytes(size + 10, index + 11);
            contents[await StoreAsync(tiers, warm, StorageTier.Warm, sha)] = warm;
            contents[await StoreAsync(tiers, cold, StorageTier.Cold, sha)] = cold;
            var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"line {size}\n", size / 8)) + index);
            contents[await StoreAsync(tiers, text, StorageTier.Cold)] = text;
            var both = Samples.Bytes(size + 20, index + 21);
            var cid = await StoreAsync(tiers, both, StorageTier.Warm);
            await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(7, CommandIdentity.None), Token);
            contents[cid] = both;
        }

        return contents;
    }

    private static async Task<Cid> StoreAsync(
        TieredNode tiers, byte[] content, StorageTier tier, StoreRequest? request = null)
    {
        request = (request ?? StoreRequest.Default) with { Class = DurabilityClass.Ephemeral };
        var cid = (await tiers.Node.StoreAsync(content, Token, request)).Cid;
        await tiers.Node.MigrateAsync(cid, new MigrateRequest(tier, CommandIdentity.None), Token);
        return cid;
    }

    private static async Task<List<RebuildFinding>> RebuildAsync(
        TieredNode tiers, LocationId from, RebuildRequest? request = null) =>
        await tiers.Node.RebuildAsync(request ?? new RebuildRequest(from), Token).ToListAsync(Token);

    private static int Count(IEnumerable<RebuildFinding> findings, RebuildVerdict verdict) =>
        findings.Count(finding => finding.Verdict == verdict);

    private static async Task AssertReadAsync(TieredNode tiers, Dictionary<Cid, byte[]> contents)
    {
        foreach (var (cid, content) in contents)
        {
            Assert.Equal(content, await tiers.Node.ReadAsync(cid, Token));
        }
    }

    /// <summary>Flips one bit of these bytes where a file of the directory holds them.</summary>
    private static void Flip(string directory, byte[] bytes)
    {
        var flipped = 0;
        foreach (var file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            var held = File.ReadAllBytes(file);
            if (held.AsSpan().IndexOf(bytes) is var at and >= 0)
            {
                held[at + 30] ^= 0x40;
                File.WriteAllBytes(file, held);
                flipped++;
            }
        }

        Assert.Equal(1, flipped);
    }
}

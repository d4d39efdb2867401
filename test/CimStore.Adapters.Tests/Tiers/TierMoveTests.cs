using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Tiers;

/// <summary>The whole way on real bytes: stored hot, then warm, then cold, as the policy says.</summary>
public sealed class TierMoveTests
{
    private static readonly int[] Sizes = [0, 1, 1000, 999_999, 1_048_577, 3_000_001];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "D5")]
    public async Task Content_goes_hot_warm_cold_and_each_event_comes_once()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        var contents = await StoreAsync(tiers);

        var first = await tiers.CycleAsync(TimeSpan.FromDays(6.9));
        var second = await tiers.CycleAsync(TimeSpan.FromDays(0.2));
        var again = await tiers.CycleAsync(TimeSpan.FromSeconds(1));
        await tiers.ReopenAsync();
        var third = await tiers.CycleAsync(TimeSpan.FromDays(23));
        var fourth = await tiers.CycleAsync(TimeSpan.FromDays(400));

        Assert.Equal((0, 0), (first.Moved, first.NotMoved));
        Assert.Equal((Sizes.Length, 0), (second.Moved, second.NotMoved));
        Assert.Equal((0, 0), (again.Moved, again.NotMoved));
        Assert.Equal((Sizes.Length, 0), (third.Moved, third.NotMoved));
        Assert.Equal((0, 0), (fourth.Moved, fourth.NotMoved));
        foreach (var content in contents)
        {
            var key = ContentKey.Shared(Samples.CidOf(content));
            Assert.Equal(
                ["events.storage.stored.hot", "events.storage.migrated.warm", "events.storage.migrated.cold"],
                await tiers.SubjectsAsync(key));
            Assert.Equal(content, await tiers.Node.ReadAsync(key.Cid, Token));
        }
    }

    [Fact]
    [Trait("row", "D4")]
    public async Task What_moved_is_given_up_where_it_was_when_the_class_allows_it()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        await StoreAsync(tiers, DurabilityClass.Ephemeral);

        await tiers.CycleAsync(TimeSpan.FromDays(8));

        await foreach (var record in tiers.Node.ListAsync(null, Token))
        {
            Assert.Equal(StorageTier.Warm, record.Tier);
            Assert.Equal(new LocationId("pool"), Assert.Single(record.Copies).Location);
        }

        await tiers.CycleAsync(TimeSpan.FromDays(30));
        await foreach (var record in tiers.Node.ListAsync(null, Token))
        {
            Assert.Equal(StorageTier.Cold, record.Tier);
            Assert.Equal(new LocationId("cold"), Assert.Single(record.Copies).Location);
        }

        Assert.Empty(await tiers.Pool.ListCopiesAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    [Trait("row", "B8")]
    public async Task The_copies_of_the_class_are_there_before_the_answer_and_stay_through_moves()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        var content = Samples.Bytes(2000, 1);

        var stored = await tiers.Node.StoreAsync(
            content, Token,
            StoreRequest.Default with { Class = DurabilityClass.Critical, Level = ConsistencyLevel.Strong });
        await tiers.CycleAsync(TimeSpan.FromDays(8));
        await tiers.CycleAsync(TimeSpan.FromDays(30));

        Assert.Equal(0, stored.Receipt.CopiesOwed);
        Assert.Equal(["hot", "pool"], stored.Receipt.Copies.Select(copy => copy.Location.Name));
        Assert.Equal(8, stored.Receipt.Copies[1].Shards);
        var record = (await tiers.Node.StatAsync(stored.Cid, Token))!;
        Assert.Equal(StorageTier.Cold, record.Tier);
        Assert.Contains(record.Copies, copy => copy.Location.Name == "pool");
        Assert.Contains(record.Copies, copy => copy.Location.Name == "cold");
        Assert.DoesNotContain(record.Copies, copy => copy.Location.Name == "hot");
    }

    /// <summary>Otherwise what the policy moves would look warmer for having been moved.</summary>
    [Fact]
    [Trait("row", "D5")]
    public async Task A_move_and_a_proof_are_no_reads()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        var contents = await StoreAsync(tiers);

        var cycle = await tiers.CycleAsync(TimeSpan.FromDays(8));
        await tiers.Node.VerifyAsync(Samples.CidOf(contents[^1]), Token);
        var moved = await tiers.Node.TellReadsAsync(Token);
        await tiers.Node.ReadAsync(Samples.CidOf(contents[0]), Token);
        var read = await tiers.Node.TellReadsAsync(Token);

        Assert.Equal((Sizes.Length, 0, 1), (cycle.Moved, moved, read));
    }

    [Fact]
    [Trait("row", "D6")]
    public async Task What_the_level_lets_follow_later_is_a_debt_that_is_paid()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();

        var stored = await tiers.Node.StoreAsync(
            Samples.Bytes(2000, 1), Token,
            StoreRequest.Default with { Class = DurabilityClass.Standard, Level = ConsistencyLevel.Eventual });
        var owed = await tiers.Node.Scavenger!.DebtsAsync(10, Token);
        var cycle = await tiers.CycleAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(1, stored.Receipt.CopiesOwed);
        Assert.Equal(stored.Cid, Assert.Single(owed).Key.Cid);
        Assert.Equal((1, 0), (cycle.DebtsPaid, cycle.DebtsLeft));
        Assert.Empty(await tiers.Node.Scavenger.DebtsAsync(10, Token));
        Assert.Equal(2, (await tiers.Node.StatAsync(stored.Cid, Token))!.Copies.Length);
    }

    [Fact]
    [Trait("row", "B3")]
    public async Task With_four_directories_lost_everything_is_read_back()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        var contents = await StoreAsync(tiers, DurabilityClass.Ephemeral);
        await tiers.CycleAsync(TimeSpan.FromDays(8));
        foreach (var shard in new[] { 0, 2, 3, 7 })
        {
            Directory.Delete(tiers.PoolDirectory(shard), recursive: true);
        }

        await tiers.ReopenAsync();

        foreach (var content in contents)
        {
            Assert.Equal(content, await tiers.Node.ReadAsync(Samples.CidOf(content), Token));
        }

        var status = await tiers.Node.StatusAsync(Token);
        Assert.Equal(4, status.Warnings.Count(static text => text.Contains("Pool pool", StringComparison.Ordinal)));
    }

    [Fact]
    [Trait("row", "D3")]
    public async Task What_is_read_often_comes_back_up()
    {
        await using var tiers = new TieredNode(MigrationPolicies.Adaptive);
        await tiers.OpenAsync();
        var content = Samples.Bytes(5000, 1);
        var cid = (await tiers.Node.StoreAsync(
            content, Token, StoreRequest.Default with { Class = DurabilityClass.Ephemeral })).Cid;
        await tiers.CycleAsync(TimeSpan.FromDays(8));
        Assert.Equal(StorageTier.Warm, (await tiers.Node.StatAsync(cid, Token))!.Tier);

        for (var read = 0; read < 60; read++)
        {
            Assert.Equal(content, await tiers.Node.ReadAsync(cid, Token));
        }

        await tiers.CycleAsync(TimeSpan.FromDays(4));

        var record = (await tiers.Node.StatAsync(cid, Token))!;
        Assert.Equal(StorageTier.Hot, record.Tier);
        Assert.Equal(2, record.Copies.Length);
        Assert.Equal("events.storage.promoted.hot", (await tiers.SubjectsAsync(record.Key))[^1]);
        Assert.Equal(content, await tiers.Node.ReadAsync(cid, Token));
        Assert.True((await tiers.Node.VerifyAsync(cid, Token))!.IsWhole);
    }

    [Fact]
    [Trait("row", "D7")]
    public async Task Copies_are_raised_and_lowered_but_never_below_the_class()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        var standard = StoreRequest.Default with { Class = DurabilityClass.Standard };
        var cid = (await tiers.Node.StoreAsync(Samples.Bytes(2_000_000, 1), Token, standard)).Cid;

        var raised = await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(7, CommandIdentity.None), Token);
        var again = await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(7, CommandIdentity.None), Token);
        var lowered = await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(2, CommandIdentity.None), Token);
        var below = await Assert.ThrowsAsync<RefusedException>(async () =>
            await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(1, CommandIdentity.None), Token));
        var beyond = await Assert.ThrowsAsync<RefusedException>(async () =>
            await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(8, CommandIdentity.None), Token));

        Assert.Equal((7, true), (raised.EffectiveCopies, raised.Changed));
        Assert.Equal((7, false), (again.EffectiveCopies, again.Changed));
        Assert.True(lowered is { EffectiveCopies: >= 2 and < 7, Changed: true, CopiesOwed: 0 }, $"{lowered}");
        Assert.Equal("below-class", below.Refusal.Code);
        Assert.Equal("no-location", beyond.Refusal.Code);
        Assert.True((await tiers.Node.VerifyAsync(cid, Token))!.IsWhole);
    }

    [Fact]
    [Trait("row", "D4")]
    public async Task A_migrate_command_takes_effect_once()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        var cid = (await tiers.Node.StoreAsync(
            Samples.Bytes(2000, 1), Token, StoreRequest.Default with { Class = DurabilityClass.Ephemeral })).Cid;
        var once = new MigrateRequest(StorageTier.Warm, Samples.Identity(new IdSource(tiers.Time).Next()));

        var first = await tiers.Node.MigrateAsync(cid, once, Token);
        await tiers.Node.MigrateAsync(cid, new MigrateRequest(StorageTier.Cold, CommandIdentity.None), Token);
        var repeated = await tiers.Node.MigrateAsync(cid, once, Token);

        Assert.Equal((StorageTier.Warm, true), (first.Tier, first.Changed));
        Assert.Equal((StorageTier.Cold, false), (repeated.Tier, repeated.Changed));
    }

    [Fact]
    public async Task What_is_deleted_is_given_up_at_every_location()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        var contents = await StoreAsync(tiers);
        await tiers.CycleAsync(TimeSpan.FromDays(8));
        Assert.Equal(Sizes.Length, (await tiers.Pool.ListCopiesAsync(null, Token).ToListAsync(Token)).Count);

        foreach (var content in contents)
        {
            var now = DeleteRequest.Default with { Grace = TimeSpan.Zero };
            await tiers.Node.DeleteAsync(Samples.CidOf(content), now, Token);
        }

        var collected = await tiers.Node.CollectAsync(Token);

        Assert.Equal(Sizes.Length, collected.ObjectsReleased);
        Assert.Empty(await tiers.Pool.ListCopiesAsync(null, Token).ToListAsync(Token));
        Assert.Empty(Directory.EnumerateFiles(tiers.PoolDirectory(0), "*.blob", SearchOption.AllDirectories));
        await tiers.ReopenAsync();
        Assert.Empty(await tiers.Pool.ListCopiesAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task What_is_being_read_moves_when_the_reader_has_left()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        var content = Samples.Bytes(5000, 1);
        var cid = (await tiers.Node.StoreAsync(
            content, Token, StoreRequest.Default with { Class = DurabilityClass.Ephemeral })).Cid;

        CycleResult during;
        await using (await tiers.Node.OpenAsync(cid, RetrieveRequest.Default, Token))
        {
            during = await tiers.CycleAsync(TimeSpan.FromDays(8));
        }

        var meanwhile = (await tiers.Node.StatAsync(cid, Token))!;
        var after = await tiers.CycleAsync(TimeSpan.FromMinutes(2));

        Assert.Equal((0, 1), (during.Moved, during.NotMoved));
        Assert.Equal(StorageTier.Hot, meanwhile.Tier);
        Assert.Equal((1, 0), (after.Moved, after.NotMoved));
        var record = (await tiers.Node.StatAsync(cid, Token))!;
        Assert.Equal(StorageTier.Warm, record.Tier);
        Assert.Equal("pool", Assert.Single(record.Copies).Location.Name);
        Assert.Equal(content, await tiers.Node.ReadAsync(cid, Token));
    }

    private static async Task<List<byte[]>> StoreAsync(
        TieredNode tiers, DurabilityClass durability = DurabilityClass.Standard)
    {
        var contents = Sizes.Select(size => Samples.Bytes(size, size)).ToList();
        foreach (var content in contents)
        {
            await tiers.Node.StoreAsync(content, Token, StoreRequest.Default with { Class = durability });
        }

        return contents;
    }
}

using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>
/// The process dies at each call of a port that some work makes, before the call has its effect and after it; a node
/// opened over what is durable then brings the work to the end that it would have had.
/// </summary>
public sealed class TierCrashTests
{
    private const int Inline = 1000;
    private const int Large = 40_000;

    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int, DurabilityClass, ConsistencyLevel> Objects { get; } = new()
    {
        { 0, DurabilityClass.Standard, ConsistencyLevel.Eventual },
        { Inline, DurabilityClass.Ephemeral, ConsistencyLevel.Eventual },
        { Inline, DurabilityClass.Standard, ConsistencyLevel.Strong },
        { Inline, DurabilityClass.Critical, ConsistencyLevel.Strong },
        { Large, DurabilityClass.Ephemeral, ConsistencyLevel.Eventual },
        { Large, DurabilityClass.Standard, ConsistencyLevel.Eventual },
        { Large, DurabilityClass.Standard, ConsistencyLevel.Strong },
        { Large, DurabilityClass.Critical, ConsistencyLevel.Quorum },
    };

    [Theory]
    [MemberData(nameof(Objects))]
    [Trait("row", "D8")]
    public Task A_way_through_the_tiers_is_finished_wherever_it_broke_off(
        int size, DurabilityClass durability, ConsistencyLevel level)
    {
        var content = Samples.Bytes(size, 7);
        return CrashEverywhere.RunAsync(
            async tiers => await tiers.StoreAsync(content, durability, level),
            async (tiers, _) =>
            {
                // A second time the days have passed already.
                await tiers.PassToAsync(TimeSpan.FromDays(8));
                await ManyAsync(tiers);
                await tiers.PassToAsync(TimeSpan.FromDays(31));
                await ManyAsync(tiers);
            },
            async tiers =>
            {
                Assert.Equal("stored.hot migrated.warm migrated.cold", await tiers.PipelineOfAsync(content));
                return SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(content))!);
            });
    }

    [Theory]
    [InlineData(Inline)]
    [InlineData(Large)]
    public Task A_store_is_whole_with_its_copies_or_owes_them(int size)
    {
        var content = Samples.Bytes(size, 8);
        return CrashEverywhere.RunAsync(
            _ => Task.CompletedTask,
            async (tiers, first) =>
            {
                if (first)
                {
                    await tiers.StoreAsync(content, DurabilityClass.Critical, ConsistencyLevel.Strong);
                }

                await ManyAsync(tiers);
            },
            async tiers => await tiers.RecordOfAsync(content) is { } record
                ? SimulatedTiers.PlacesOf(record) : "cold hot warm");
    }

    [Theory]
    [InlineData(Inline)]
    [InlineData(Large)]
    public Task What_is_warmer_than_its_tier_goes_with_the_move_or_not_at_all(int size)
    {
        var content = Samples.Bytes(size, 9);
        return CrashEverywhere.RunAsync(
            async tiers =>
            {
                var cid = (await tiers.StoreAsync(content, DurabilityClass.Ephemeral, ConsistencyLevel.Strong)).Cid;
                await tiers.PassToAsync(TimeSpan.FromDays(31));
                await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(3, CommandIdentity.None), Token);
            },
            async (tiers, _) => await ManyAsync(tiers),
            async tiers =>
            {
                Assert.Equal("stored.hot migrated.cold", await tiers.PipelineOfAsync(content));
                return SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(content))!);
            });
    }

    [Theory]
    [InlineData(Inline)]
    [InlineData(Large)]
    public Task Copies_are_raised_and_lowered_to_what_was_asked_for(int size)
    {
        var content = Samples.Bytes(size, 10);
        var cid = Samples.CidOf(content);
        return CrashEverywhere.RunAsync(
            async tiers => await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Strong),
            async (tiers, _) =>
            {
                await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(3, CommandIdentity.None), Token);
                await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(2, CommandIdentity.None), Token);
                await ManyAsync(tiers);
            },
            async tiers => SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(content))!));
    }

    [Theory]
    [InlineData(Inline)]
    [InlineData(Large)]
    public Task What_goes_back_up_is_there_and_below(int size)
    {
        var content = Samples.Bytes(size, 11);
        var hot = new MigrateRequest(StorageTier.Hot, CommandIdentity.None);
        return CrashEverywhere.RunAsync(
            async tiers =>
            {
                await tiers.StoreAsync(content, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);
                await tiers.CycleAsync(TimeSpan.FromDays(8));
            },
            async (tiers, _) => await tiers.Node.MigrateAsync(Samples.CidOf(content), hot, Token),
            async tiers =>
            {
                Assert.Equal("stored.hot migrated.warm promoted.hot", await tiers.PipelineOfAsync(content));
                return SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(content))!);
            });
    }

    [Fact]
    [Trait("row", "J9")]
    public Task A_drain_empties_its_location()
    {
        byte[][] contents = [Samples.Bytes(Inline, 12), Samples.Bytes(Large, 13)];
        var drain = new JobArguments(JobKind.Drain) { Location = new LocationId("warm") };
        return CrashEverywhere.RunAsync(
            async tiers =>
            {
                foreach (var content in contents)
                {
                    await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Strong);
                }
            },
            async (tiers, first) =>
            {
                if (first || (await tiers.Node.Jobs!.ListJobsAsync(Token)).Count == 0)
                {
                    await tiers.Node.Jobs!.StartJobAsync(drain, Token);
                }

                await tiers.Node.Jobs!.RunDueAsync(Token);
            },
            async tiers =>
            {
                Assert.Equal(JobState.Done, Assert.Single(await tiers.Node.Jobs!.ListJobsAsync(Token)).State);
                return SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(contents[0]))!)
                    + SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(contents[1]))!);
            },
            atOnce: 2);
    }

    [Theory]
    [InlineData(Inline, "warm")]
    [InlineData(Large, "warm")]
    [InlineData(Large, "hot")]
    public Task A_rotten_copy_is_made_again_from_another(int size, string rotten)
    {
        var content = Samples.Bytes(size, 14);
        var cid = Samples.CidOf(content);
        return CrashEverywhere.RunAsync(
            async tiers =>
            {
                await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Strong);
                await tiers.RotAsync(content, rotten);
            },
            async (tiers, _) =>
            {
                await tiers.Node.Scrubber!.RunAsync([ContentKey.Shared(cid)], null, Token);
                await ManyAsync(tiers);
            },
            async tiers => SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(content))!),
            brokenMax: 1);
    }

    [Theory]
    [InlineData(Inline)]
    [InlineData(Large)]
    public Task Parts_that_were_lost_are_made_again(int size)
    {
        var content = Samples.Bytes(size, 15);
        var key = ContentKey.Shared(Samples.CidOf(content));
        return CrashEverywhere.RunAsync(
            async tiers =>
            {
                await tiers.StoreAsync(content, DurabilityClass.Critical, ConsistencyLevel.Strong);
                tiers.At("warm").Lose(key, await CopyAsync(tiers), 1);
            },
            async (tiers, _) =>
            {
                await tiers.Node.Scrubber!.RunAsync([key], null, Token);
                await ManyAsync(tiers);
            },
            async tiers =>
                $"{(await tiers.At("warm").InspectAsync(key, await CopyAsync(tiers), null, Token))!.IsWhole}",
            warmParts: 3);

        async Task<Copy> CopyAsync(SimulatedTiers tiers) =>
            (await tiers.RecordOfAsync(content))!.Copies.Single(copy => copy.Location.Name == "warm");
    }

    private static async Task ManyAsync(SimulatedTiers tiers)
    {
        for (var cycle = 0; cycle < 3; cycle++)
        {
            await tiers.CycleAsync(Retry);
        }
    }
}

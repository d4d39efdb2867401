using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>
/// A location that is down, slow, full, throttled or lying: what is answered is true, what is owed is paid when it
/// comes back, and nothing that is read is wrong.
/// </summary>
public sealed class TierFaultTests
{
    private const int Inline = 1000;
    private const int Large = 40_000;

    private bool _isOn = true;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Faults { get; } =
        new("down", "in doubt", "slow", "full", "full late", "throttled", "lying", "lying now and then");

    [Theory]
    [MemberData(nameof(Faults))]
    [Trait("row", "D6")]
    public async Task What_a_store_answers_is_true_and_what_it_owes_is_paid(string fault)
    {
        foreach (var level in Enum.GetValues<ConsistencyLevel>())
        {
            foreach (var durability in Enum.GetValues<DurabilityClass>())
            {
                foreach (var size in (int[])[Inline, Large])
                {
                    _isOn = true;
                    var tiers = await OpenAsync(tiers => Spoil(tiers, "warm", fault));
                    await StoreAsync(tiers, Samples.Bytes(size, 20), durability, level);
                    Assert.Empty(await tiers.BrokenPromisesAsync());
                    Assert.Empty(await tiers.UnreadableAsync());
                    _isOn = false;
                    await AssertPaidAsync(tiers);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    [Trait("row", "D5")]
    public async Task A_move_takes_another_location_of_the_tier_or_waits(string fault)
    {
        foreach (var (size, isAlone) in ((int, bool)[])[(Inline, true), (Large, true), (Large, false)])
        {
            _isOn = true;
            var content = Samples.Bytes(size, 21);
            var tiers = await OpenAsync(tiers =>
            {
                Spoil(tiers, "warm", fault);
                if (!isAlone)
                {
                    tiers.Bind("warm2", StorageTier.Warm);
                }
            });
            await tiers.StoreAsync(content, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);
            await tiers.CycleAsync(TimeSpan.FromDays(8));
            Assert.Empty(await tiers.BrokenPromisesAsync());
            Assert.Empty(await tiers.UnreadableAsync());
            var during = (await tiers.RecordOfAsync(content))!;
            Assert.True(!isAlone == (during.Tier == StorageTier.Warm) || fault == "slow", $"{during.Tier}");
            _isOn = false;
            await AssertPaidAsync(tiers);
            var after = (await tiers.RecordOfAsync(content))!;
            Assert.Equal("stored.hot migrated.warm", await tiers.PipelineOfAsync(content));
            Assert.DoesNotContain("hot", SimulatedTiers.PlacesOf(after), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    [Trait("row", "D7")]
    public async Task Copies_that_a_location_does_not_take_are_made_at_others(string fault)
    {
        var content = Samples.Bytes(Large, 22);
        var tiers = await OpenAsync(tiers =>
        {
            Spoil(tiers, "warm", fault);
            tiers.Bind("cold2", StorageTier.Cold);
        });
        await tiers.StoreAsync(content, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);

        var raised = await tiers.Node.ReplicateAsync(
            Samples.CidOf(content), new ReplicateRequest(3, CommandIdentity.None), Token);

        Assert.Equal(3, raised.EffectiveCopies);
        Assert.Empty(await tiers.BrokenPromisesAsync());
    }

    [Theory]
    [InlineData("down")]
    [InlineData("lying")]
    [InlineData("full")]
    [Trait("row", "J9")]
    public async Task A_drain_whose_target_fails_goes_on_when_it_is_back(string fault)
    {
        var content = Samples.Bytes(Large, 23);
        var tiers = await OpenAsync(tiers => Spoil(
            tiers, "cold", fault, () => tiers.Time.GetElapsedTime(0) < TimeSpan.FromMinutes(10)));
        await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Strong);
        Assert.Equal("hot warm", SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(content))!));
        var job = await tiers.Node.Jobs!.StartJobAsync(
            new JobArguments(JobKind.Drain) { Location = new LocationId("warm") }, Token);

        var done = await tiers.Node.Jobs.RunToEndAsync(job.Id, null, Token);

        Assert.Equal(JobState.Done, done.State);
        Assert.True(tiers.Time.GetElapsedTime(0) > TimeSpan.FromMinutes(10));
        Assert.Equal("cold hot", SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(content))!));
    }

    [Theory]
    [InlineData(Inline)]
    [InlineData(Large)]
    public async Task Copies_of_a_lying_location_are_made_good_elsewhere_while_it_lies(int size)
    {
        _isOn = false;
        var content = Samples.Bytes(size, 24);
        var tiers = await OpenAsync(tiers => Spoil(tiers, "warm", "lying"));
        await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Strong);
        Assert.Equal("hot warm", SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(content))!));

        _isOn = true;
        var scrub = await tiers.Node.Scrubber!.RunAllAsync(null, Token);
        await tiers.CycleAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(1, scrub.Wrong);
        Assert.Equal("cold hot", SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(content))!));
        Assert.Empty(await tiers.UnreadableAsync());
        _isOn = false;
        await AssertPaidAsync(tiers);
    }

    [Fact]
    public async Task Copies_of_a_location_that_is_away_stay_and_a_repair_there_hinders_none_elsewhere()
    {
        var isDown = false;
        var content = Samples.Bytes(Large, 25);
        var tiers = await OpenAsync(
            tiers => tiers.PlanOf("warm").While(() => isDown, new LocationMishap.Before(LocationFault.Offline)));
        await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Strong);
        await tiers.RotAsync(content, "warm");
        await tiers.Node.VerifyAsync(Samples.CidOf(content), Token);

        isDown = true;
        await tiers.CycleAsync(TimeSpan.FromMinutes(1));

        Assert.Equal("cold hot", SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(content))!));
        Assert.Single(await tiers.Node.Scavenger!.DebtsAsync(10, Token));
        isDown = false;
        await AssertPaidAsync(tiers);
    }

    [Fact]
    public async Task A_source_that_fails_is_not_laid_at_the_targets_door()
    {
        var bad = Samples.Bytes(Inline, 26);
        var name = Samples.CidOf(bad).ToString();
        var tiers = await OpenAsync(tiers => tiers.PlanOf("hot").Rule((operation, subject, _) =>
            operation == LocationOperation.Read && subject.Contains(name, StringComparison.Ordinal)
                ? new LocationMishap.Before(LocationFault.Offline) : null));
        await tiers.StoreAsync(bad, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);

        var cycle = await tiers.CycleAsync(TimeSpan.FromDays(8));

        Assert.Equal((0, 1), (cycle.Moved, cycle.NotMoved));
        Assert.True(tiers.Node.Candidates().Single(one => one.Location.Name == "warm").IsReachable);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_journal_that_fails_takes_no_bytes_from_a_copy_it_may_have_told_of(bool isInDoubt)
    {
        var content = Samples.Bytes(Large, 27);
        var tiers = await OpenAsync(_ => { });
        await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Eventual);
        tiers.JournalMishap = changes => changes[0].Event is not StorageEvent.Replicated
            ? null
            : isInDoubt ? new LocationMishap.After(LocationFault.Unknown) : LocationMishap.Full;

        await tiers.CycleAsync(TimeSpan.FromMinutes(1));
        var isReachable = tiers.Node.Candidates().All(one => one.IsReachable);
        tiers.JournalMishap = null;
        await tiers.OpenAsync();

        Assert.True(isReachable);
        Assert.Empty(await tiers.BrokenPromisesAsync());
        Assert.Equal(0, await tiers.GarbageAsync());
        await AssertPaidAsync(tiers);
    }

    [Fact]
    public async Task A_location_that_is_down_is_asked_seldom_and_reads_go_round_it()
    {
        var (asked, contents) = (0, Enumerable.Range(0, 50).Select(seed => Samples.Bytes(Inline, seed)).ToList());
        var tiers = await OpenAsync(tiers => tiers.PlanOf("warm").Rule((operation, _, _) =>
        {
            asked += operation == LocationOperation.Stage ? 1 : 0;
            return _isOn ? new LocationMishap.Before(LocationFault.Offline) : null;
        }));
        foreach (var content in contents)
        {
            await tiers.StoreAsync(content, DurabilityClass.Critical, ConsistencyLevel.Eventual);
        }

        for (var cycle = 0; cycle < 360; cycle++)
        {
            await tiers.CycleAsync(TimeSpan.FromSeconds(10));
        }

        // An hour: after 5, 10, 20, 40, 80 and 160 seconds, and then every five minutes, with chance in it.
        Assert.InRange(asked, 5, 40);
        Assert.Equal(50, (await tiers.Node.Scavenger!.DebtsAsync(100, Token)).Count);
        Assert.Empty(await tiers.UnreadableAsync());
        _isOn = false;
        await AssertPaidAsync(tiers);
    }

    [Fact]
    public async Task A_copy_at_a_location_that_just_failed_is_read_last()
    {
        var asked = 0;
        var content = Samples.Bytes(Large, 28);
        var tiers = await OpenAsync(tiers => tiers.PlanOf("hot").Rule((operation, _, _) =>
        {
            asked += operation == LocationOperation.Read ? 1 : 0;
            return operation == LocationOperation.Read && _isOn
                ? new LocationMishap.Before(LocationFault.Offline) : null;
        }));
        await tiers.StoreAsync(content, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);
        _isOn = false;
        await tiers.Node.ReplicateAsync(
            Samples.CidOf(content), new ReplicateRequest(2, CommandIdentity.None), Token);
        (_isOn, asked) = (true, 0);

        Assert.Empty(await tiers.UnreadableAsync());
        var first = asked;
        Assert.Empty(await tiers.UnreadableAsync());

        Assert.True(first > 0);
        Assert.Equal(first, asked);
    }

    [Fact]
    [Trait("row", "D6")]
    public async Task What_is_stored_again_is_told_where_it_is_and_not_where_it_was()
    {
        var tiers = await OpenAsync(_ => { });
        var (moved, kept) = (Samples.Bytes(Inline, 29), Samples.Bytes(Large, 30));
        await tiers.StoreAsync(moved, DurabilityClass.Ephemeral, ConsistencyLevel.Eventual);
        await tiers.StoreAsync(kept, DurabilityClass.Standard, ConsistencyLevel.Strong);
        await tiers.CycleAsync(TimeSpan.FromDays(8));

        var again = await tiers.StoreAsync(moved, DurabilityClass.Ephemeral, ConsistencyLevel.Eventual);
        var more = await tiers.StoreAsync(kept, DurabilityClass.Critical, ConsistencyLevel.Eventual);
        var pinned = await tiers.Node.StoreAsync(
            kept, Token, StoreRequest.Default with
            {
                Class = DurabilityClass.Critical, Level = ConsistencyLevel.Eventual, Reference = null,
            });

        Assert.True(again.Deduplicated && more.Deduplicated && pinned.Deduplicated);
        Assert.Equal(["warm"], again.Receipt.Copies.Select(copy => copy.Location.Name));
        Assert.Equal(0, again.Receipt.CopiesOwed);
        Assert.Equal(["hot", "warm"], more.Receipt.Copies.Select(copy => copy.Location.Name));
        Assert.Equal(1, more.Receipt.CopiesOwed);
        Assert.Equal(["hot", "warm"], pinned.Receipt.Copies.Select(copy => copy.Location.Name));
        Assert.Equal(1, pinned.Receipt.CopiesOwed);
    }

    [Theory]
    [InlineData(Inline)]
    [InlineData(Large)]
    public async Task A_copy_whose_bytes_the_medium_refuses_is_bad_and_is_made_again(int size)
    {
        var (content, other) = (Samples.Bytes(size, 31), Samples.Bytes(Inline, 32));
        var name = Samples.CidOf(content).ToString();
        var tiers = await OpenAsync(tiers => tiers.PlanOf("hot").Rule((operation, subject, _) =>
            _isOn && operation == LocationOperation.Read && subject.Contains(name, StringComparison.Ordinal)
                ? new LocationMishap.Before(LocationFault.Medium) : null));
        _isOn = false;
        await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Strong);
        await tiers.StoreAsync(other, DurabilityClass.Standard, ConsistencyLevel.Strong);
        var before = (await tiers.RecordOfAsync(content))!.Copies.Single(copy => copy.Location.Name == "hot");

        _isOn = true;
        var scrub = await tiers.Node.Scrubber!.RunAllAsync(null, Token);

        Assert.Equal((1, 1, 0), (scrub.Wrong, scrub.Repaired, scrub.Unread));
        var after = (await tiers.RecordOfAsync(content))!.Copies.Single(copy => copy.Location.Name == "hot");
        Assert.Equal(CopyState.Verified, after.State);
        Assert.NotEqual(before.Incarnation, after.Incarnation);
        _isOn = false;
        await AssertPaidAsync(tiers);
    }

    [Fact]
    public async Task An_only_copy_whose_tree_the_medium_refuses_is_made_again_from_its_bytes()
    {
        var (content, other) = (Samples.Bytes(Large, 37), Samples.Bytes(Inline, 38));
        var name = Samples.CidOf(content).ToString();
        var refused = 0UL;
        var tiers = await OpenAsync(tiers => tiers.PlanOf("hot").Rule((operation, subject, _) =>
            refused > 0 && subject.Contains(name, StringComparison.Ordinal)
            && operation is LocationOperation.ReadTree or LocationOperation.Inspect or LocationOperation.Heal
                ? new LocationMishap.Before(LocationFault.Medium) : null));
        await tiers.StoreAsync(other, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);
        await tiers.StoreAsync(content, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);
        refused = Assert.Single((await tiers.RecordOfAsync(content))!.Copies).Incarnation;

        var scrub = await tiers.Node.Scrubber!.RunAllAsync(null, Token);

        Assert.Equal((1, 1, 0), (scrub.Wrong, scrub.Repaired, scrub.Hopeless));
        var after = Assert.Single((await tiers.RecordOfAsync(content))!.Copies);
        Assert.Equal(CopyState.Verified, after.State);
        Assert.NotEqual(refused, after.Incarnation);
    }

    [Fact]
    public async Task A_reader_finds_a_copy_whose_bytes_the_medium_refuses()
    {
        var (content, other) = (Samples.Bytes(Large, 33), Samples.Bytes(Inline, 34));
        var name = Samples.CidOf(content).ToString();
        var tiers = await OpenAsync(tiers => tiers.PlanOf("hot").Rule((operation, subject, _) =>
            operation == LocationOperation.Read && subject.Contains(name, StringComparison.Ordinal)
                ? new LocationMishap.Before(LocationFault.Medium) : null));
        await tiers.StoreAsync(other, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);
        await tiers.StoreAsync(content, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);

        await Assert.ThrowsAsync<IntegrityException>(tiers.UnreadableAsync);

        Assert.Equal(CopyState.Quarantined, Assert.Single((await tiers.RecordOfAsync(content))!.Copies).State);
        Assert.True(tiers.Node.Candidates().All(one => one.IsReachable));
    }

    [Fact]
    public async Task A_location_of_which_nothing_can_be_read_is_away_and_none_of_its_copies_is_bad()
    {
        byte[][] contents = [Samples.Bytes(Inline, 35), Samples.Bytes(Large, 36)];
        _isOn = false;
        var tiers = await OpenAsync(tiers => tiers.PlanOf("warm").While(
            () => _isOn, new LocationMishap.Before(LocationFault.Medium), LocationOperation.Read));
        foreach (var content in contents)
        {
            await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Strong);
        }

        _isOn = true;
        var scrub = await tiers.Node.Scrubber!.RunAllAsync(null, Token);

        Assert.Equal((0, 2), (scrub.Wrong, scrub.Unread));
        Assert.False(tiers.Node.Candidates().Single(one => one.Location.Name == "warm").IsReachable);
        _isOn = false;
        Assert.Equal((0, 0), ((await tiers.Node.Scrubber.RunAllAsync(null, Token)).Unread, scrub.Wrong));
        await AssertPaidAsync(tiers);
    }

    [Fact]
    public async Task The_scrub_pays_for_every_pass_that_it_makes_over_a_copy()
    {
        var tiers = await OpenAsync(tiers => tiers.Limits.ScrubBytesPerSecondMax = 10_000);
        await tiers.StoreAsync(Samples.Bytes(Large, 37), DurabilityClass.Ephemeral, ConsistencyLevel.Strong);
        var started = tiers.Time.GetTimestamp();

        await tiers.Node.Scrubber!.RunAllAsync(null, Token);

        // 40,000 bytes inspected and 40,000 proved, less a second's worth that nobody had used.
        Assert.InRange(tiers.Time.GetElapsedTime(started).TotalSeconds, 6.9, 9);
    }

    private static async Task<SimulatedTiers> OpenAsync(Action<SimulatedTiers> prepare)
    {
        var tiers = new SimulatedTiers();
        tiers.Bind("warm", StorageTier.Warm);
        tiers.Bind("cold", StorageTier.Cold);
        prepare(tiers);
        await tiers.OpenAsync();
        return tiers;
    }

    private void Spoil(SimulatedTiers tiers, string location, string fault) =>
        Spoil(tiers, location, fault, () => _isOn);

    private static void Spoil(SimulatedTiers tiers, string location, string fault, Func<bool> isOn)
    {
        var plan = tiers.PlanOf(location);
        _ = fault switch
        {
            "down" => plan.While(isOn, new LocationMishap.Before(LocationFault.Offline)),
            "in doubt" => plan.While(
                isOn, new LocationMishap.After(LocationFault.Unknown), LocationOperation.Seal),
            "slow" => plan.While(isOn, new LocationMishap.Stall(TimeSpan.FromMinutes(3))),
            "full" => plan.While(isOn, LocationMishap.Full, LocationOperation.Stage),
            "full late" => plan.While(isOn, LocationMishap.Full, LocationOperation.Seal),
            "throttled" => plan.While(isOn, new LocationMishap.Before(LocationFault.Throttled)),
            "lying" => plan.While(isOn, new LocationMishap.Lie(777), LocationOperation.Read),
            "lying now and then" => plan.Rule((operation, _, attempt) =>
                isOn() && operation == LocationOperation.Read && attempt % 2 == 0
                    ? new LocationMishap.Lie(attempt) : null),
            _ => throw new ArgumentException(fault),
        };
    }

    /// <summary>With one location spoilt two can be had: what needs no more is answered, and every answer is true.
    /// </summary>
    private static async Task StoreAsync(
        SimulatedTiers tiers, byte[] content, DurabilityClass durability, ConsistencyLevel level)
    {
        var needed = ConsistencyTable.CopiesBeforeAcknowledgement(durability, level);
        DurabilityReceipt receipt;
        try
        {
            receipt = (await tiers.StoreAsync(content, durability, level)).Receipt;
        }
        catch (LocationException) when (needed > 2)
        {
            return;
        }

        var record = (await tiers.RecordOfAsync(content))!;
        Assert.Equal(
            SimulatedTiers.PlacesOf(record),
            string.Join(" ", receipt.Copies.Select(copy => copy.Location.Name).Order()));
        Assert.True(receipt.Copies.Length >= needed, $"{receipt.Copies.Length} of {needed}");
        Assert.Equal(
            Math.Max(0, ConsistencyTable.CopiesRequired(durability) - tiers.CopiesOf(record)), receipt.CopiesOwed);
    }

    /// <summary>Two hours are the longest that a debt waits, which the longest delay and its chance make.</summary>
    private static async Task AssertPaidAsync(SimulatedTiers tiers)
    {
        for (var cycle = 0; cycle < 24; cycle++)
        {
            await tiers.CycleAsync(TimeSpan.FromMinutes(5));
        }

        Assert.Empty(await tiers.Node.Scavenger!.DebtsAsync(10, Token));
        Assert.Empty(await tiers.BrokenPromisesAsync());
        Assert.Empty(await tiers.UnreadableAsync());
    }
}

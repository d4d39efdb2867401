using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Tests.Journal;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Objects;

public sealed class ObjectDecisionsTests
{
    private static readonly ContentKey Key = ContentKey.Shared(EventSamples.Content("hello"));
    private static readonly Reference Pin = EventSamples.Pin;
    private static readonly Reference Other = new(new OwnerId("ada"), NamespaceId.Default, null);
    private static readonly DateTimeOffset Now = EventSamples.At;

    private static readonly LocationId Warm = new("pool");

    private static readonly DecisionFacts Facts = new()
    {
        Now = Now,
        Grace = TimeSpan.FromHours(1),
        Location = EventSamples.Hot,
        Tier = StorageTier.Hot,
        Tiers = [StorageTier.Hot],
        TierOf = ImmutableDictionary<LocationId, StorageTier>.Empty
            .Add(EventSamples.Hot, StorageTier.Hot).Add(Warm, StorageTier.Warm),
        Domains = 1,
        Receipt = new DurabilityReceipt
        {
            Level = ConsistencyLevel.Strong,
            Class = DurabilityClass.Ephemeral,
            Copies = [],
            Synced = true,
            Lsn = Lsn.None,
            Reason = "",
        },
    };

    private static readonly Gen<StorageCommand> Commands = Gen.OneOf(
        OneOf<Reference?>(Pin, Other, null).Select(reference => (StorageCommand)Store(reference)),
        OneOf<Reference?>(Pin, Other, null)
            .Select(reference => (StorageCommand)new StorageCommand.Delete(Key, reference)),
        OneOf<StorageCommand>(
            new StorageCommand.Retrieve(Key), new StorageCommand.Replicate(Key, 2),
            new StorageCommand.Replicate(Key, 1),
            new StorageCommand.AddCopy(Key, WarmCopy(7)), new StorageCommand.AddCopy(Key, WarmCopy(8)),
            Recover(7), Recover(8),
            new StorageCommand.GiveUpCopy(Key, EventSamples.Hot, 1), new StorageCommand.GiveUpCopy(Key, Warm, 7),
            new StorageCommand.Migrate(Key, StorageTier.Warm),
            new StorageCommand.Migrate(Key, StorageTier.Hot), new StorageCommand.Migrate(Key, StorageTier.Cold),
            new StorageCommand.SetName(EventSamples.Name, Key.Cid, null, false),
            new StorageCommand.DeleteName(EventSamples.Name, null)));

    public static TheoryData<Type> CommandTypes => [.. typeof(StorageCommand).GetNestedTypes()];

    [Theory]
    [MemberData(nameof(CommandTypes))]
    [Trait("row", "G1")]
    public void Every_command_is_decided_with_and_without_a_record(Type type)
    {
        var command = All().Single(sample => sample.GetType() == type);

        foreach (var before in new[] { null, Stored() })
        {
            var decision = ObjectDecisions.Decide(before, command, Facts);

            Assert.True(decision.IsAccepted == (decision.Rejection is null));
            Assert.True(decision.IsAccepted || decision.Rejection!.Message.Length > 0);
        }
    }

    [Fact]
    public void Repeating_any_command_yields_no_events()
    {
        Commands.Array[0, 12].Sample(commands =>
        {
            var state = new State(null, null, 0);
            foreach (var command in commands)
            {
                state = state.After(command);
                Assert.Empty(ObjectDecisions.Decide(state.Record, command, state.Facts).Events);
            }
        });
    }

    [Fact]
    public void No_commands_lose_the_last_copy_of_referred_content()
    {
        Commands.Array[0, 20].Sample(commands =>
        {
            var state = new State(null, null, 0);
            foreach (var command in commands)
            {
                state = state.After(command);
                Assert.True(state.Record is null || state.Record.References.IsEmpty
                    || ObjectDecisions.IsHeld(state.Record));
            }
        });
    }

    [Fact]
    public void What_a_node_with_one_location_cannot_do_is_refused_in_words()
    {
        var copies = ObjectDecisions.Decide(Stored(), new StorageCommand.Replicate(Key, 2), Facts);
        var move = ObjectDecisions.Decide(Stored(), new StorageCommand.Migrate(Key, StorageTier.Archive), Facts);

        Assert.Equal("no-location", copies.Rejection!.Code);
        Assert.Contains("failure domains", copies.Rejection.Message, StringComparison.Ordinal);
        Assert.Equal("no-location", move.Rejection!.Code);
        Assert.Contains("Archive", move.Rejection.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "D4")]
    public void An_object_moves_to_a_tier_when_a_verified_copy_is_there()
    {
        var record = Stored();
        var migrate = new StorageCommand.Migrate(Key, StorageTier.Warm);
        var without = ObjectDecisions.Decide(record, migrate, Facts);
        var copied = Assert.IsType<StorageEvent.Replicated>(Assert.Single(
            ObjectDecisions.Decide(record, new StorageCommand.AddCopy(Key, WarmCopy(7)), Facts).Events));

        record = ObjectHistory.Apply(record, copied, new Lsn(2), Now)!;
        var moved = ObjectDecisions.Decide(record, migrate, Facts);

        Assert.False(without.IsAccepted);
        Assert.Equal(
            new StorageEvent.Migrated(Key, StorageTier.Hot, StorageTier.Warm), Assert.Single(moved.Events));
        Assert.Equal(2, record.Copies.Length);
    }

    [Fact]
    public void A_copy_without_an_incarnation_gets_the_entrys_position()
    {
        var record = ObjectHistory.Apply(
            Stored(), new StorageEvent.Replicated(Key, [WarmCopy(0)]), new Lsn(42), Now)!;

        Assert.Equal(42UL, record.Copies.Single(copy => copy.Location == Warm).Incarnation);
    }

    [Fact]
    public void What_a_location_still_holds_is_an_object_that_nothing_refers_to_and_that_stays()
    {
        var recovered = Assert.Single(ObjectDecisions.Decide(null, Recover(7), Facts).Events);
        var record = ObjectHistory.Apply((ObjectRecord?)null, recovered, new Lsn(3), Now)!;

        Assert.Equal((5, Key.Cid, StorageTier.Warm), (record.SizeBytes, record.Root, record.Tier));
        Assert.Equal(DurabilityClass.Standard, record.Class);
        Assert.Equal((Now.AddDays(-400), new Lsn(3)), (record.CreatedAt, record.Created));
        Assert.Equal([WarmCopy(7)], record.Copies);
        Assert.True(record.IsPresent && record.References.IsEmpty && record.ExpiresAt is null);
    }

    [Fact]
    public void A_copy_made_by_a_clock_that_was_ahead_makes_no_object_of_the_future()
    {
        var ahead = Recover(7) with { CreatedAt = Now.AddYears(3) };

        var recovered = Assert.Single(ObjectDecisions.Decide(null, ahead, Facts).Events);

        Assert.Equal(Now, Assert.IsType<StorageEvent.Recovered>(recovered).CreatedAt);
    }

    [Fact]
    public void A_copy_found_at_another_location_is_added_to_the_object_that_is_known()
    {
        var added = Assert.Single(ObjectDecisions.Decide(Stored(), Recover(7), Facts).Events);
        var other = ObjectDecisions.Decide(Stored(), Recover(7) with { SizeBytes = 6 }, Facts);

        Assert.Equal([WarmCopy(7)], Assert.IsType<StorageEvent.Replicated>(added).Replicas);
        Assert.Equal("content-differs", other.Rejection!.Code);
    }

    [Fact]
    public void Content_that_was_deleted_here_is_not_recovered()
    {
        var deleted = Assert.Single(
            ObjectDecisions.Decide(Stored(), new StorageCommand.Delete(Key, Pin), Facts).Events);
        var gone = ObjectHistory.Apply(Stored(), deleted, new Lsn(2), Now);

        Assert.Equal("content-deleted", ObjectDecisions.Decide(gone, Recover(7), Facts).Rejection!.Code);
    }

    [Theory]
    [InlineData(CopyState.Quarantined)]
    [InlineData(CopyState.Releasing)]
    public void A_hit_on_a_copy_that_is_bad_or_going_is_no_hit(CopyState copyState)
    {
        var record = Stored();
        record = record with { Copies = [record.Copies[0] with { State = copyState }] };

        var decision = ObjectDecisions.Decide(record, Store(Pin), Facts);

        Assert.False(Assert.IsType<StorageEvent.Stored>(Assert.Single(decision.Events)).Deduplicated);
    }

    [Fact]
    public void Deleting_the_last_reference_starts_the_grace()
    {
        var decision = ObjectDecisions.Decide(Stored(), new StorageCommand.Delete(Key, Pin), Facts);

        var deleted = Assert.IsType<StorageEvent.Deleted>(Assert.Single(decision.Events));
        Assert.Equal(Now + Facts.Grace, deleted.GraceEndsAt);
        var after = ObjectHistory.Apply(Stored(), deleted, new Lsn(2), Now)!;
        Assert.False(after.IsPresent);
        Assert.Equal(Now + Facts.Grace, after.ExpiresAt);
    }

    private static Copy WarmCopy(ulong incarnation) =>
        new(Warm, incarnation, CopyState.Verified, CopyHeader.Plain, Now);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static StorageCommand.Store Store(Reference? reference) => new(
        Key, Key.Cid, 5, ConsistencyLevel.Strong, DurabilityClass.Ephemeral, DataClass.Content,
        AccessPattern.Unspecified, reference);

    private static StorageCommand.Recover Recover(ulong incarnation) => new(
        Key, Key.Cid, 5, StorageTier.Warm, DurabilityClass.Standard, WarmCopy(incarnation), Now.AddDays(-400));

    private static ObjectRecord Stored() => new State(null, null, 0).After(Store(Pin)).Record!;

    private static IEnumerable<StorageCommand> All() =>
    [
        Store(Pin), new StorageCommand.Retrieve(Key), new StorageCommand.Replicate(Key, 1),
        new StorageCommand.Migrate(Key, StorageTier.Hot), new StorageCommand.Delete(Key, Pin),
        new StorageCommand.Refer(Key, EventSamples.Name with { Base = new Lsn(5) }),
        new StorageCommand.Unrefer(Key, Pin),
        new StorageCommand.Verify(Key, EventSamples.Hot, 1, null),
        new StorageCommand.AddCopy(Key, WarmCopy(7)), new StorageCommand.GiveUpCopy(Key, EventSamples.Hot, 1),
        Recover(7), new StorageCommand.SetName(EventSamples.Name, Key.Cid, null, false),
        new StorageCommand.DeleteName(EventSamples.Name, null),
    ];

    private sealed record State(ObjectRecord? Record, NameRecord? Name, ulong Last)
    {
        public DecisionFacts Facts => ObjectDecisionsTests.Facts with { Name = Name };

        public State After(StorageCommand command)
        {
            var state = this;
            foreach (var happened in ObjectDecisions.Decide(Record, command, Facts).Events)
            {
                var lsn = new Lsn(state.Last + 1);
                state = new State(
                    ObjectHistory.Apply(state.Record, happened, lsn, Now),
                    ObjectHistory.Apply(state.Name, happened, lsn, Now), lsn.Value);
            }

            return state;
        }
    }
}

using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using Xunit;

namespace CimStore.Tests.Policies;

/// <summary>Bytes go when nobody answers at the gate, and not a moment before their grace is over.</summary>
public sealed class ReleaseGateTests
{
    private static readonly DateTimeOffset End = new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero);

    private static readonly ObjectRecord Deleted = new()
    {
        Key = ContentKey.Shared(Cid.ForRaw(new byte[32])),
        SizeBytes = 1,
        Root = Cid.ForRaw(new byte[32]),
        Created = new Lsn(1),
        CreatedAt = End.AddDays(-2),
        Revision = new Lsn(2),
        Tombstone = new Tombstone(new Lsn(2), End.AddDays(-1), End, null),
    };

    private static readonly Dictionary<LocationId, LocationTraits> Locations = new[] { "a", "b", "c", "d" }
        .ToDictionary(name => new LocationId(name), name => Places.Traits(StorageTier.Warm, $"node={name}"));

    [Fact]
    public void The_grace_ends_at_its_very_moment()
    {
        Assert.False(ReleaseGate.Ask(Deleted, ReleaseFacts.Nobody, End.AddTicks(-1)).IsAllowed);
        Assert.True(ReleaseGate.Ask(Deleted, ReleaseFacts.Nobody, End).IsAllowed);
    }

    [Fact]
    public void Whoever_needs_it_keeps_it_and_is_named()
    {
        var kept = Deleted with { References = [new Reference(OwnerId.Local, NamespaceId.Default, null)] };
        var live = Deleted with { Tombstone = null };

        AssertRefused("1 references", kept, ReleaseFacts.Nobody);
        AssertRefused("not deleted", live, ReleaseFacts.Nobody);
        AssertRefused("2 readers", Deleted, ReleaseFacts.Nobody with { ReadersInFlight = 2 });
        AssertRefused("locked by law", Deleted, ReleaseFacts.Nobody with { Locks = ["law"] });
        AssertRefused("shown by monday", Deleted, ReleaseFacts.Nobody with { Snapshots = ["monday"] });
    }

    [Fact]
    public void Content_without_a_reference_goes_when_its_own_grace_is_over()
    {
        var unreferenced = Deleted with { Tombstone = null, UnreferencedUntil = End };

        Assert.False(ReleaseGate.Ask(unreferenced, ReleaseFacts.Nobody, End.AddTicks(-1)).IsAllowed);
        Assert.True(ReleaseGate.Ask(unreferenced, ReleaseFacts.Nobody, End).IsAllowed);
    }

    [Fact]
    public void A_copy_goes_while_enough_others_stay()
    {
        Assert.True(AskCopy(Live("a", "b", "c")).IsAllowed);
        AssertCopyRefused("1 copies would be left", Live("a", "b"));
        AssertCopyRefused("No other verified copy", Live("a"));
        AssertCopyRefused("No other verified copy", Live("a") with { Class = DurabilityClass.Ephemeral });
    }

    [Fact]
    public void A_copy_that_is_owed_may_stay_owed_but_the_debt_does_not_grow()
    {
        var indebted = Live("a", "b", "c") with { Class = DurabilityClass.Critical };
        var quarantined = indebted with
        {
            Copies = indebted.Copies.SetItem(0, indebted.Copies[0] with { State = CopyState.Quarantined }),
        };

        AssertCopyRefused("2 copies would be left", indebted);
        Assert.True(AskCopy(quarantined).IsAllowed);
    }

    [Fact, Trait("row", "G9")]
    public void Want_of_space_is_no_reason_to_leave_less_than_the_class_or_to_move_a_lock()
    {
        var indebted = Live("a", "b", "c") with { Class = DurabilityClass.Critical };
        indebted = indebted with
        {
            Copies = indebted.Copies.SetItem(0, indebted.Copies[0] with { State = CopyState.Quarantined }),
        };
        var enough = Live("a", "b", "c");

        Assert.False(AskForSpace(indebted, ReleaseFacts.Nobody).IsAllowed);
        Assert.True(AskForSpace(enough, ReleaseFacts.Nobody).IsAllowed);
        Assert.False(AskForSpace(enough, ReleaseFacts.Nobody with { Locks = ["law"] }).IsAllowed);
        Assert.True(AskCopy(enough, ReleaseFacts.Nobody with { Locks = ["law"] }).IsAllowed);
        Assert.False(AskForSpace(enough, ReleaseFacts.Nobody with { CopyLocks = ["worm"] }).IsAllowed);
    }

    [Fact]
    public void Copies_in_one_failure_domain_do_not_make_up_for_each_other()
    {
        var near = Locations.ToDictionary(
            pair => pair.Key,
            pair => pair.Value with { Labels = Places.Labels(pair.Key.Name == "a" ? "node=n1" : "node=n2") });

        AssertCopyRefused("1 copies would be left", Live("a", "b", "c"), locations: near);
    }

    [Fact]
    public void Copies_that_cannot_be_reached_are_not_relied_on() => AssertCopyRefused(
        "No other verified copy", Live("a", "b", "c"),
        locations: Locations.Where(pair => pair.Key.Name == "a").ToDictionary());

    [Fact]
    public void A_locked_object_moves_but_has_never_fewer_copies_than_its_class_requires()
    {
        var held = ReleaseFacts.Nobody with { Locks = ["law"] };
        var indebted = Live("a", "b", "c") with { Class = DurabilityClass.Critical };
        var quarantined = indebted with
        {
            Copies = indebted.Copies.SetItem(0, indebted.Copies[0] with { State = CopyState.Quarantined }),
        };

        Assert.True(AskCopy(Live("a", "b", "c"), held).IsAllowed);
        AssertCopyRefused("locked by law", quarantined, held);
        AssertCopyRefused("locked by tape", Live("a", "b", "c"), ReleaseFacts.Nobody with { CopyLocks = ["tape"] });
    }

    [Fact]
    public void A_copy_that_is_read_or_was_decided_on_too_long_ago_stays()
    {
        var live = Live("a", "b", "c");

        AssertCopyRefused("2 readers", live, ReleaseFacts.Nobody with { ReadersInFlight = 2 });
        AssertCopyRefused("record is at 3", live with { Revision = new Lsn(3) });
        AssertCopyRefused("incarnation 9, not 7", live with
        {
            Copies = live.Copies.SetItem(0, live.Copies[0] with { Incarnation = 9 }),
        });
        AssertCopyRefused("a has no copy", Live("b", "c"));
        AssertCopyRefused("was deleted", live with { Tombstone = Deleted.Tombstone });
    }

    /// <summary>A present object of the class Standard with verified copies.</summary>
    internal static ObjectRecord Live(params string[] locations) => Deleted with
    {
        Tombstone = null,
        Class = DurabilityClass.Standard,
        Copies = [.. locations.Select(name =>
            new Copy(new LocationId(name), 7, CopyState.Verified, CopyHeader.Plain, End))],
    };

    private static ReleaseVerdict AskForSpace(ObjectRecord record, ReleaseFacts facts) => ReleaseGate.AskCopy(
        record, new CopyRelease(new LocationId("a"), 7, Deleted.Revision) { IsForSpace = true }, facts, Locations,
        FailureDomainLevel.Node);

    private static ReleaseVerdict AskCopy(
        ObjectRecord record, ReleaseFacts? facts = null, Dictionary<LocationId, LocationTraits>? locations = null) =>
        ReleaseGate.AskCopy(
            record, new CopyRelease(new LocationId("a"), 7, Deleted.Revision), facts ?? ReleaseFacts.Nobody,
            locations ?? Locations, FailureDomainLevel.Node);

    private static void AssertCopyRefused(
        string reason, ObjectRecord record, ReleaseFacts? facts = null,
        Dictionary<LocationId, LocationTraits>? locations = null)
    {
        var verdict = AskCopy(record, facts, locations);

        Assert.False(verdict.IsAllowed);
        Assert.Contains(reason, verdict.Reason, StringComparison.Ordinal);
    }

    private static void AssertRefused(string reason, ObjectRecord record, ReleaseFacts facts)
    {
        var verdict = ReleaseGate.Ask(record, facts, End.AddDays(1));

        Assert.False(verdict.IsAllowed);
        Assert.Contains(reason, verdict.Reason, StringComparison.Ordinal);
    }
}

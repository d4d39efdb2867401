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

    private static void AssertRefused(string reason, ObjectRecord record, ReleaseFacts facts)
    {
        var verdict = ReleaseGate.Ask(record, facts, End.AddDays(1));

        Assert.False(verdict.IsAllowed);
        Assert.Contains(reason, verdict.Reason, StringComparison.Ordinal);
    }
}

using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Objects;

/// <summary>What other contexts may ask of this one. Closed: a test walks every case through Decide.</summary>
public abstract record StorageCommand
{
    private StorageCommand()
    {
    }

    /// <summary>Keep content. The bytes travel beside the command; here is what they turned out to be.</summary>
    public sealed record Store(
        ContentKey Key, Cid Root, long SizeBytes, ConsistencyLevel Consistency, DurabilityClass Class,
        DataClass DataClass, AccessPattern Pattern, Reference? Reference) : StorageCommand;

    public sealed record Retrieve(ContentKey Key) : StorageCommand;

    /// <summary>Have <paramref name="Factor"/> verified copies in distinct failure domains.</summary>
    public sealed record Replicate(ContentKey Key, int Factor) : StorageCommand;

    public sealed record Migrate(ContentKey Key, StorageTier Tier) : StorageCommand;

    /// <summary>Record a copy that was made and proved; at the journal's own log it is made by this.</summary>
    public sealed record AddCopy(ContentKey Key, Copy Copy) : StorageCommand;

    /// <summary>Record a copy that a location holds and that the journal may never have been told of.</summary>
    /// <param name="Tier">Of the location.</param>
    /// <param name="Class">Of content that is not known yet.</param>
    /// <param name="CreatedAt">Of content that is not known yet.</param>
    public sealed record Recover(
        ContentKey Key, Cid Root, long SizeBytes, StorageTier Tier, DurabilityClass Class, Copy Copy,
        DateTimeOffset CreatedAt) : StorageCommand;

    /// <summary>Give up one copy while the object stays; the release gate was asked before.</summary>
    public sealed record GiveUpCopy(ContentKey Key, LocationId Location, ulong Incarnation) : StorageCommand;

    /// <summary>Remove a reference; without one, give up content that nothing refers to.</summary>
    public sealed record Delete(ContentKey Key, Reference? Reference) : StorageCommand;

    /// <summary>Keep content for a name that is about to be set; see <see cref="Reference.Base"/>.</summary>
    public sealed record Refer(ContentKey Key, Reference Reference) : StorageCommand;

    /// <summary>Remove a name's reference that is of no account any more.</summary>
    public sealed record Unrefer(ContentKey Key, Reference Reference) : StorageCommand;

    /// <summary>Record what reading a copy from its medium showed.</summary>
    /// <param name="Fault">What was wrong; null when every byte was proved.</param>
    public sealed record Verify(ContentKey Key, LocationId Location, ulong Incarnation, string? Fault) : StorageCommand;

    /// <param name="Expected">What it must name now, when that matters.</param>
    /// <param name="MustBeNew">It must not exist.</param>
    public sealed record SetName(Reference Reference, Cid Target, Cid? Expected, bool MustBeNew) : StorageCommand;

    public sealed record DeleteName(Reference Reference, Cid? Expected) : StorageCommand;
}

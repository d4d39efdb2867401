using System.Collections.Immutable;

namespace CimStore.Policies;

/// <summary>What is known, outside the record, of who still needs an object's bytes.</summary>
/// <param name="ReadersInFlight">Open readers of the object on this node.</param>
/// <param name="Locks">Locks and holds that cover it, by name; none exist before retention is built.</param>
/// <param name="Snapshots">Point-in-time views that show it, by name.</param>
public sealed record ReleaseFacts(
    int ReadersInFlight, ImmutableArray<string> Locks, ImmutableArray<string> Snapshots)
{
    public static readonly ReleaseFacts Nobody = new(0, [], []);

    /// <summary>Locks that bind the very copy in question at its location (WORM), by name.</summary>
    public ImmutableArray<string> CopyLocks { get; init; } = [];
}

using CimStore.Engine;

namespace CimStore.Http;

/// <summary>
/// Events of other contexts that no rule could translate: of a node over HTTP, or of a data directory in this process.
/// </summary>
public interface IDeadLetters
{
    /// <summary>All of them, in the order in which they came, without their events.</summary>
    IAsyncEnumerable<WireTypes.DeadLetterItem> ListAsync(CancellationToken cancellationToken);

    /// <returns>Null when it is not there.</returns>
    /// <exception cref="Locations.IntegrityException">It is there and cannot be read.</exception>
    ValueTask<WireTypes.DeadLetterReply?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Tries again with the rules at hand; accepted, the letter is gone, else it stays with the new reason.
    /// </summary>
    /// <returns>Null when it is not there.</returns>
    /// <exception cref="RefusedException">There are no rules.</exception>
    /// <exception cref="Locations.LocationException">It stays; whether its commands were done is not known.</exception>
    ValueTask<WireTypes.ForeignAcknowledgement?> ReplayAsync(string id, CancellationToken cancellationToken);

    /// <returns>False when it was not there.</returns>
    ValueTask<bool> RemoveAsync(string id, CancellationToken cancellationToken);
}

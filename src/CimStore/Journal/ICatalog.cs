using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>Port: the queryable state derived from the journal. Every adapter passes <c>CatalogContract</c>.</summary>
public interface ICatalog
{
    /// <returns>The record, tombstones included, or null when the journal never heard of the key.</returns>
    ValueTask<ObjectRecord?> FindAsync(ContentKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Records in ascending order of the CID's text, after <paramref name="after"/>; tombstones left out.
    /// </summary>
    IAsyncEnumerable<ObjectRecord> ListAsync(DedupDomain domain, Cid? after, CancellationToken cancellationToken);

    /// <summary>Records whose <see cref="ObjectRecord.ExpiresAt"/> is at or before <paramref name="now"/>.</summary>
    IAsyncEnumerable<ObjectRecord> ListExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <returns>The name's current record (deleted names included), or null when it never existed.</returns>
    ValueTask<NameRecord?> FindNameAsync(OwnerId owner, NamespaceId space, string name,
        CancellationToken cancellationToken);

    /// <summary>Names that are set, in ordinal order of the name.</summary>
    IAsyncEnumerable<NameRecord> ListNamesAsync(
        OwnerId owner, NamespaceId space, string? after, CancellationToken cancellationToken);

    /// <returns>What an earlier command with this id did, or null when it is not remembered.</returns>
    ValueTask<CommandOutcome?> FindCommandAsync(MessageId id, CancellationToken cancellationToken);

    /// <summary>
    /// A command journaled at or before this instant may have been forgotten (<see cref="CommandRetention"/>); null
    /// while none has been.
    /// </summary>
    DateTimeOffset? CommandsForgottenUntil { get; }

    /// <summary>Every present content once, also what several owners or none refer to.</summary>
    ValueTask<CatalogTotals> TotalsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Bytes and objects per owner (B10): what the owner refers to. Content that two refer to counts for each.
    /// </summary>
    ValueTask<IReadOnlyList<OwnerUsage>> UsageAsync(CancellationToken cancellationToken);
}

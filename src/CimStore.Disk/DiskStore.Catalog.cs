using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Disk.Catalog;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk;

// The catalog: what the index answers.
public sealed partial class DiskStore
{
    private const int RecordsPerPage = 256;

    private const string BehindText =
        "The index failed, and not all that is stored can be found in it. Nothing is lost: open the store again, and "
        + "it is made level.";

    public ValueTask<ObjectRecord?> FindAsync(ContentKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireLevel(key);
        return ValueTask.FromResult(_recent.Find(key)?.Record ?? FindInIndex(key));
    }

    public async IAsyncEnumerable<ObjectRecord> ListAsync(
        DedupDomain domain, Cid? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var isMore = true;
        while (isMore)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = CatalogReads.Objects(LevelIndex, domain, after, RecordsPerPage);
            foreach (var record in page)
            {
                if (record.IsPresent)
                {
                    yield return record;
                }

                after = record.Key.Cid;
            }

            isMore = page.Count == RecordsPerPage;
        }
    }

    public async IAsyncEnumerable<ObjectRecord> ListExpiredAsync(
        DateTimeOffset now, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        byte[] after = [CatalogKeys.Expiry];
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = CatalogReads.Expired(LevelIndex, now, after, RecordsPerPage);
            foreach (var (key, content) in page)
            {
                // Listed a moment ago, perhaps stored anew since.
                RequireLevel(content);
                if (CatalogReads.Object(_index, content) is { } record && CatalogReads.ExpiresAt(record) <= now)
                {
                    yield return record;
                }

                after = key;
            }

            if (page.Count < RecordsPerPage)
            {
                yield break;
            }
        }
    }

    public ValueTask<NameRecord?> FindNameAsync(
        OwnerId owner, NamespaceId space, string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(CatalogReads.Name(LevelIndex, owner, space, name));
    }

    public async IAsyncEnumerable<NameRecord> ListNamesAsync(
        OwnerId owner, NamespaceId space, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = CatalogReads.Names(LevelIndex, owner, space, after, RecordsPerPage);
            foreach (var name in page)
            {
                if (name.Cid is not null)
                {
                    yield return name;
                }

                after = name.Name;
            }

            if (page.Count < RecordsPerPage)
            {
                yield break;
            }
        }
    }

    public DateTimeOffset? CommandsForgottenUntil
    {
        get
        {
            RequireLevel();
            return _projection.Commands.ForgottenUntil;
        }
    }

    public ValueTask<CommandOutcome?> FindCommandAsync(MessageId id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(CatalogReads.Command(LevelIndex, id));
    }

    public ValueTask<CatalogTotals> TotalsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _log.AwaitApplied();
        var totals = _tally.Totals;
        return ValueTask.FromResult(new CatalogTotals(totals.Objects, totals.LogicalBytes));
    }

    public ValueTask<IReadOnlyList<OwnerUsage>> UsageAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _log.AwaitApplied();
        return ValueTask.FromResult(_tally.Owners());
    }

    /// <summary>The index, with everything in it that anybody was told of.</summary>
    private CatalogIndex LevelIndex
    {
        get
        {
            RequireLevel();
            return _index;
        }
    }

    /// <summary>For one object; those who store others do not wait.</summary>
    private void RequireLevel(in ContentKey key)
    {
        if (_projection.IsAnnounced(key))
        {
            RequireLevel();
        }
    }

    private void RequireLevel()
    {
        if (!_log.AwaitApplied())
        {
            throw Behind();
        }
    }

    private static LocationException Behind() => new(LocationFault.Offline, BehindText);

    private ObjectRecord? FindInIndex(ContentKey key)
    {
        var version = _recent.Version(key);
        var record = _projection.Find(key);
        if (record is not null)
        {
            _recent.Add(record, version);
        }

        return record;
    }
}

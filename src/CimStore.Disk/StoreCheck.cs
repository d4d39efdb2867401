using System.Collections.Immutable;
using CimStore.Disk.Catalog;
using CimStore.Disk.Large;
using CimStore.Disk.Log;
using CimStore.Locations;

namespace CimStore.Disk;

/// <summary>
/// Makes a second index from the log, in a directory of its own, and compares it with the one that was kept.
/// </summary>
internal sealed class StoreCheck(
    ContentLog log, CatalogIndex kept, LargeFiles large, LocationId location, DiskStoreOptions options,
    int commandsMax) : IDisposable
{
    private const int DifferencesMax = 100;
    private const int PageSize = 1024;

    private readonly string _path = kept.Path + "-check";
    private readonly ImmutableArray<string>.Builder _wrong = ImmutableArray.CreateBuilder<string>();

    public ImmutableArray<string> Run(CancellationToken cancellationToken)
    {
        Remove();
        System.IO.Directory.CreateDirectory(_path);
        using (var made = CatalogIndex.Open(_path, options.IndexMemoryBytes, options.IndexCacheBytes))
        {
            Make(made, cancellationToken);
            Compare(made, cancellationToken);
        }

        CheckLargeFiles(cancellationToken);
        return _wrong.ToImmutable();
    }

    public void Dispose() => Remove();

    private void Make(CatalogIndex made, CancellationToken cancellationToken)
    {
        var chain = new PendingEntries();
        chain.Start(null, 0);
        var tally = new StoreTally(location);
        using var projection = new CatalogProjection(made, location, chain, tally, commandsMax) { PlacesOnly = true };
        projection.Start(Progress.None);
        using (var reader = log.ReadFrom(null, finding => _wrong.Add(finding.Message)))
        {
            while (reader.MoveNext(out var batch))
            {
                cancellationToken.ThrowIfCancellationRequested();
                projection.Apply(batch);
            }
        }

        IndexMaking.Finish(made, projection, log, cancellationToken);
    }

    /// <summary>Walks both in step: a key that one lacks, or two values that differ, is a difference.</summary>
    private void Compare(CatalogIndex made, CancellationToken cancellationToken)
    {
        var (left, right) = (new IndexWalk(kept, PageSize), new IndexWalk(made, PageSize));
        while (!left.IsAtEnd || !right.IsAtEnd)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_wrong.Count >= DifferencesMax)
            {
                _wrong.Add("There may be more differences.");
                return;
            }

            var order = left.IsAtEnd ? 1 : right.IsAtEnd ? -1 : left.Key.SequenceCompareTo(right.Key);
            switch (order)
            {
                case < 0:
                    _wrong.Add($"The index holds {Show(left.Key)}, which does not follow from the log.");
                    left.Advance();
                    break;
                case > 0:
                    _wrong.Add($"The index lacks {Show(right.Key)}, which follows from the log.");
                    right.Advance();
                    break;
                default:
                    if (!left.Value.SequenceEqual(right.Value))
                    {
                        _wrong.Add($"The index holds {Show(left.Key)} with another value than follows from the log.");
                    }

                    left.Advance();
                    right.Advance();
                    break;
            }
        }
    }

    private void CheckLargeFiles(CancellationToken cancellationToken)
    {
        foreach (var id in CatalogReads.LargeFiles(kept))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (large.ReadHeader(id) is null)
                {
                    _wrong.Add($"The large file {id:N} is missing.");
                }
            }
            catch (IntegrityException damage)
            {
                _wrong.Add(damage.Message);
            }
        }
    }

    private static string Show(ReadOnlySpan<byte> key) => $"'{(char)key[0]}' {Convert.ToHexStringLower(key[1..])}";

    private void Remove()
    {
        if (System.IO.Directory.Exists(_path))
        {
            System.IO.Directory.Delete(_path, recursive: true);
        }
    }
}

using System.Collections.Immutable;
using CimStore.Disk.Catalog;
using CimStore.Disk.Large;
using CimStore.Disk.Log;
using CimStore.Journal;
using CimStore.Locations;

namespace CimStore.Disk;

/// <summary>
/// Makes a second index from the log, in a directory of its own, and compares it with the one that was kept. The store
/// may be written to meanwhile: what is compared is the kept index at one moment, and the log up to where it had seen
/// it then. It must not be compacted: a dropped segment would take its records out of sight.
/// </summary>
internal sealed class StoreCheck(
    ContentLog log, CatalogIndex kept, LargeFiles large, LocationId location, DiskStoreOptions options,
    int commandsMax, WorkCount done) : IDisposable
{
    private const int DifferencesMax = 100;
    private const int PageSize = 1024;

    private readonly string _path = PathBeside(kept.Path);
    private readonly ImmutableArray<string>.Builder _wrong = ImmutableArray.CreateBuilder<string>();

    /// <summary>Where the second index is, beside the kept one.</summary>
    public static string PathBeside(string index) => index + "-check";

    /// <summary>Removes what a check left behind that was killed.</summary>
    public static void Tidy(string index)
    {
        var path = PathBeside(index);
        if (System.IO.Directory.Exists(path))
        {
            System.IO.Directory.Delete(path, recursive: true);
        }
    }

    public ImmutableArray<string> Run(CancellationToken cancellationToken)
    {
        Tidy(kept.Path);
        System.IO.Directory.CreateDirectory(_path);
        using (var before = kept.Snapshot())
        using (var made = CatalogIndex.Open(_path, options.IndexMemoryBytes, options.IndexCacheBytes))
        {
            Make(made, before.Progress?.Cursor ?? LogCursor.Origin, cancellationToken);
            using var after = made.Snapshot();
            Compare(new IndexWalk(before, PageSize), new IndexWalk(after, PageSize), cancellationToken);
        }

        CheckLargeFiles(cancellationToken);
        return _wrong.ToImmutable();
    }

    public void Dispose() => Tidy(kept.Path);

    private void Make(CatalogIndex made, LogCursor end, CancellationToken cancellationToken)
    {
        var chain = new PendingEntries();
        chain.Start(null, 0);
        var tally = new StoreTally(location);
        using var projection = new CatalogProjection(made, location, chain, tally, commandsMax) { PlacesOnly = true };
        projection.Start(Progress.None);
        using (var reader = log.ReadFrom(null, finding => _wrong.Add(finding.Message)))
        {
            while (reader.MoveNext(out var batch) && batch.Number < end.NextBatch)
            {
                cancellationToken.ThrowIfCancellationRequested();
                projection.Apply(batch);
                done.Add(batch.RecordCount, batch.End.Offset - batch.Offset);
            }
        }

        IndexMaking.Finish(made, projection, log, cancellationToken);
    }

    /// <summary>Walks both in step: a key that one lacks, or two values that differ, is a difference.</summary>
    private void Compare(IndexWalk left, IndexWalk right, CancellationToken cancellationToken)
    {
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
                // The index lets go of a file before it is removed.
                if (large.ReadHeader(id) is null && CatalogReads.IsReferred(kept, id))
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
}

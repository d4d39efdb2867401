using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Catalog;

// Which objects are certainly not in the index. Known from the start of an index that begins empty; otherwise it is
// filled from a snapshot in the background, once enough new objects came for that to be worth reading all keys.
internal sealed partial class CatalogProjection
{
    private const int NewObjectsMin = 4096;
    private const int ObjectsPerNewObject = 16;
    private const int FilledPageSize = 1024;

    private ObjectFilter? _filter;
    private ObjectFilter? _wholeFilter;
    private Thread? _filling;
    private bool _isFillingStopped;
    private long _newObjects;

    /// <summary>Whether the filter knows every object of the index.</summary>
    internal bool IsFilterWhole => Volatile.Read(ref _wholeFilter) is not null;

    /// <summary>What the index says of an object.</summary>
    public ObjectRecord? Find(in ContentKey key) =>
        Volatile.Read(ref _wholeFilter) is { } filter && !filter.MayHold(key) ? null : CatalogReads.Object(index, key);

    /// <summary>Ends the filling, which keeps the index open. To be called once nothing is applied any more.</summary>
    public void StopFilling()
    {
        Volatile.Write(ref _isFillingStopped, true);
        _filling?.Join();
    }

    private void StartFilter(in Progress progress)
    {
        // The objects themselves may all be deleted; nothing was ever stored only before the first entry.
        if (progress.LastEntry == 0)
        {
            _filter = _wholeFilter = new ObjectFilter();
        }
    }

    /// <summary>
    /// Between two batches: what was applied before is in the snapshot, and what comes is added as it is applied.
    /// </summary>
    private void FillFilterWhenWorthIt()
    {
        if (_filter is not null || _newObjects < NewObjectsMin
            || _newObjects < _progress.Totals.Objects / ObjectsPerNewObject)
        {
            return;
        }

        var snapshot = index.Snapshot();
        _filter = new ObjectFilter();
        _filling = new Thread(() => Fill(snapshot)) { IsBackground = true, Name = "cimstore filter" };
        _filling.Start();
    }

    /// <summary>Before the index has it: who finds it there must never be told that it is not.</summary>
    private void AddToFilter(in ContentKey key)
    {
        _newObjects++;
        _filter?.Add(key);
    }

    private void Fill(IndexSnapshot snapshot)
    {
        using var _ = snapshot;
        try
        {
            var from = new byte[] { CatalogKeys.Object };
            while (!Volatile.Read(ref _isFillingStopped))
            {
                var page = snapshot.Page(
                    [CatalogKeys.Object], from, after: true, FilledPageSize, static (key, _) => key.ToArray());
                foreach (var key in page)
                {
                    _filter!.Add(CatalogKeys.ReadObject(key));
                }

                if (page.Count < FilledPageSize)
                {
                    Volatile.Write(ref _wholeFilter, _filter);
                    return;
                }

                from = page[^1];
            }
        }
        catch (Exception failure) when (failure is LocationException or IntegrityException)
        {
            // Without it the index is asked, and tells what is wrong with it.
        }
    }
}

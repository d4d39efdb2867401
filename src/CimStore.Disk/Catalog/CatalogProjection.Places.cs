namespace CimStore.Disk.Catalog;

// Where the records lie. Only the thread that applies gets here.
internal sealed partial class CatalogProjection
{
    private readonly Dictionary<ulong, PlaceGroup> _groups = [];
    private readonly List<PlaceGroup> _changedGroups = [];

    // The newest group as the index has it: the next record goes into it, or into one that the index does not have.
    private PlaceGroup? _newestGroup;
    private ulong _groupMax;

    private void StartPlaces(in Progress progress) => _groupMax = PlaceGroup.NumberOf(progress.LastEntry);

    /// <summary>Until the batch is written nothing is kept for the one after it.</summary>
    private void BeginPlaces()
    {
        _groups.Clear();
        _changedGroups.Clear();
        if (_newestGroup is { } newest)
        {
            _groups.Add(newest.Number, newest);
            _newestGroup = null;
        }
    }

    private Place? PlaceOf(ulong lsn) => GroupOf(lsn)[lsn];

    private void PutPlace(ulong lsn, in Place place)
    {
        var group = GroupOf(lsn);
        group[lsn] = place;
        if (!group.IsChanged)
        {
            group.IsChanged = true;
            _changedGroups.Add(group);
            _groupMax = Math.Max(_groupMax, group.Number);
        }

        if (place.Kind == PlaceKind.Large)
        {
            // So that the sweep at open can ask, file by file, whether anything refers to it.
            Span<byte> file = stackalloc byte[1 + 16];
            _batch.Put(file[..CatalogKeys.WriteLargeFile(file, place.LargeId)], default);
        }
    }

    private PlaceGroup GroupOf(ulong lsn)
    {
        var number = PlaceGroup.NumberOf(lsn);
        if (!_groups.TryGetValue(number, out var group))
        {
            group = (number <= _groupMax ? CatalogReads.PlaceGroup(index, number) : null) ?? new PlaceGroup(number);
            _groups.Add(number, group);
        }

        return group;
    }

    private void PutPlaces()
    {
        Span<byte> key = stackalloc byte[1 + sizeof(ulong)];
        foreach (var group in _changedGroups)
        {
            var length = CatalogKeys.WriteNumber(key, CatalogKeys.Place, group.Number);
            var value = Room(PlaceGroup.SizeBytesMax);
            _batch.Put(key[..length], value[..group.Write(value)]);
            group.IsChanged = false;
        }
    }

    private void KeepNewestGroup() => _newestGroup = _groups.GetValueOrDefault(_groupMax);
}

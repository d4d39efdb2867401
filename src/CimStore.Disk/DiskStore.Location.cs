using CimStore.Disk.Catalog;
using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Locations;

namespace CimStore.Disk;

// The location: staging and reading copies. Reading takes no lock.
public sealed partial class DiskStore
{
    public ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            _space.Require(sizeHint ?? 0);
            return ValueTask.FromResult<IStagedContent>(_large.Stage(sizeHint));
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    public ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return ValueTask.FromResult(copy.Location == Id ? Read(copy.Incarnation, offset, destination) : null);
    }

    public ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return ValueTask.FromResult(
            copy.Location == Id && CatalogReads.Place(_index, copy.Incarnation) is { Kind: PlaceKind.Large } place
                ? _large.ReadTree(place.LargeId, offset, destination.Span)
                : null);
    }

    private int? Read(ulong incarnation, long offset, Memory<byte> destination)
    {
        while (CatalogReads.Place(_index, incarnation) is { } place)
        {
            switch (place.Kind)
            {
                case PlaceKind.Large:
                    return _large.Read(place.LargeId, offset, destination.Span);
                case not PlaceKind.Inline:
                    return null;
            }

            if (TryReadInline(place, offset, destination.Span) is { } read)
            {
                return read;
            }

            // Compaction moved it in between: the index knows where to, or that it is gone.
            MovedFrom(incarnation, place);
        }

        return null;
    }

    private int? TryReadInline(in Place place, long offset, Span<byte> destination)
    {
        if (offset >= place.PayloadBytes)
        {
            return 0;
        }

        var wanted = destination[..(int)Math.Min(destination.Length, place.PayloadBytes - offset)];
        try
        {
            var start = place.Position.Offset + place.FrontBytes + offset;
            return _log.TryReadRange(place.Position.Segment, start, wanted) ? wanted.Length : null;
        }
        catch (LogException failure)
        {
            throw Faults.Translate(failure);
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }
}

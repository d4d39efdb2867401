using System.Buffers;
using System.Runtime.CompilerServices;
using CimStore.Disk.Catalog;
using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk;

// The location: staging and reading copies. Reading takes no lock.
public sealed partial class DiskStore
{
    private const int InspectBlockBytes = 256 << 10;

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
        return ValueTask.FromResult(
            copy.Location == Id ? Read(key, copy.Incarnation, offset, destination.Span, isTree: false) : null);
    }

    public ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return ValueTask.FromResult(
            copy.Location == Id ? Read(key, copy.Incarnation, offset, destination.Span, isTree: true) : null);
    }

    public ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.CompletedTask;
    }

    public ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireLevel(key);
        return ValueTask.FromResult(
            FindInIndex(key) is { } record && Held(record) is { } held
                && held.Manifest.Incarnation == copy.Incarnation && copy.Location == Id ? held : null);
    }

    public async IAsyncEnumerable<HeldCopy> ListCopiesAsync(
        ContentKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var (domain, last) = (after?.Domain ?? DedupDomain.Shared, after?.Cid);
        List<ObjectRecord> page;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            page = CatalogReads.Objects(LevelIndex, domain, last, RecordsPerPage);
            foreach (var record in page)
            {
                last = record.Key.Cid;
                if (Held(record) is { } held)
                {
                    yield return held;
                }
            }
        }
        while (page.Count == RecordsPerPage);
    }

    public async ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken)
    {
        DropCached(key, copy);
        var block = ArrayPool<byte>.Shared.Rent(InspectBlockBytes);
        try
        {
            var memory = block.AsMemory(0, InspectBlockBytes);
            return await ReadAllAsync(key, copy, memory, isTree: false, pace, cancellationToken) is { } content
                ? new CopyCondition(
                    1, 1, 1, [],
                    content + (await ReadAllAsync(key, copy, memory, isTree: true, pace, cancellationToken) ?? 0))
                : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>A single place has nothing to make a part from: another location's copy has to help.</summary>
    public ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        InspectAsync(key, copy, pace, cancellationToken);

    public IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded() => [];

    public ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var space = _disk.Space(_directory.Path);
            return ValueTask.FromResult(new LocationRoom(space.BytesTotal, space.BytesFree));
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    public async ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken)
    {
        var room = await FindRoomAsync(cancellationToken);
        try
        {
            return new LocationSpace(room.BytesTotal, room.BytesFree, MeasureFiles());
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    public ValueTask<long> TidyAsync(CancellationToken cancellationToken) => CompactAsync(cancellationToken);

    /// <returns>Bytes read; null when there is no such copy.</returns>
    private async ValueTask<long?> ReadAllAsync(
        ContentKey key, Copy copy, Memory<byte> block, bool isTree, IReadPace? pace,
        CancellationToken cancellationToken)
    {
        long bytes = 0;
        while (true)
        {
            var read = isTree
                ? await ReadTreeAsync(key, copy, bytes, block, cancellationToken)
                : await ReadAsync(key, copy, bytes, block, cancellationToken);
            if (read is null or 0)
            {
                return read is null ? null : bytes;
            }

            bytes += read.Value;
            await (pace?.TakeAsync(read.Value, cancellationToken) ?? ValueTask.CompletedTask);
        }
    }

    private void DropCached(ContentKey key, Copy copy)
    {
        RequireLevel(key);
        if (CatalogReads.Place(_index, copy.Incarnation) is { } place)
        {
            if (place.Kind == PlaceKind.Large)
            {
                _large.DropCached(place.LargeId);
            }
            else
            {
                _log.DropCached(place.Position.Segment, place.Position.Offset, place.Position.LengthBytes);
            }
        }
    }

    private HeldCopy? Held(ObjectRecord record)
    {
        if (record.Copies.FirstOrDefault(copy => copy.Location == Id) is not { } copy)
        {
            return null;
        }

        var manifest = new CopyManifest(record.Key, record.SizeBytes, record.Root)
        {
            Header = copy.Header,
            Incarnation = copy.Incarnation,
        };
        return new HeldCopy(manifest, record.CreatedAt, 1);
    }

    private int? Read(ContentKey key, ulong incarnation, long offset, Span<byte> destination, bool isTree)
    {
        RequireLevel(key);
        var recent = _recent.Find(key);
        if (recent?.PlaceOf(incarnation) is { } known && TryReadAt(known, offset, destination, isTree) is { } at)
        {
            return at;
        }

        while (CatalogReads.Place(_index, incarnation) is { Kind: PlaceKind.Inline or PlaceKind.Large } place)
        {
            if (TryReadAt(place, offset, destination, isTree) is { } read)
            {
                recent?.Remember(incarnation, place);
                return read;
            }

            if (place.Kind == PlaceKind.Large || isTree)
            {
                return null;
            }

            // Compaction moved it in between: the index knows where to, or that it is gone.
            MovedFrom(incarnation, place);
        }

        return null;
    }

    /// <returns>Null when nothing is there any more; content in the log has no tree.</returns>
    private int? TryReadAt(in Place place, long offset, Span<byte> destination, bool isTree) =>
        (place.Kind, isTree) switch
        {
            (PlaceKind.Large, false) => _large.Read(place.LargeId, offset, destination),
            (PlaceKind.Large, true) => _large.ReadTree(place.LargeId, offset, destination),
            (_, false) => TryReadInline(place, offset, destination),
            (_, true) => null,
        };

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

using System.Collections.Immutable;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Catalog;

/// <summary>
/// The running sums: per owner, per segment, of the whole store. Changed only while a batch is applied; what a batch
/// changed is written with it. Readers take copies under the lock.
/// </summary>
internal sealed class StoreTally(LocationId location)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<OwnerId, OwnerUsage> _owners = [];
    private readonly Dictionary<ulong, SegmentUse> _segments = [];
    private readonly HashSet<OwnerId> _dirtyOwners = [];
    private readonly HashSet<ulong> _dirtySegments = [];
    private StoreTotals _totals;

    public StoreTotals Totals
    {
        get
        {
            lock (_gate)
            {
                return _totals;
            }
        }
    }

    public void Load(StoreTotals totals, List<OwnerUsage> owners, List<(ulong, SegmentUse)> segments)
    {
        lock (_gate)
        {
            _totals = totals;
            _owners.Clear();
            _segments.Clear();
            foreach (var usage in owners)
            {
                _owners[usage.Owner] = usage;
            }

            foreach (var (id, use) in segments)
            {
                _segments[id] = use;
            }
        }
    }

    public IReadOnlyList<OwnerUsage> Owners()
    {
        lock (_gate)
        {
            return [.. _owners.Values.Where(static usage => usage.References != 0).OrderBy(
                static usage => usage.Owner.Name, StringComparer.Ordinal)];
        }
    }

    /// <summary>Over all segments.</summary>
    public long GarbageBytes
    {
        get
        {
            lock (_gate)
            {
                var sum = 0L;
                foreach (var use in _segments.Values)
                {
                    sum += use.GarbageBytes;
                }

                return sum;
            }
        }
    }

    public ImmutableSortedDictionary<ulong, SegmentUse> Segments()
    {
        lock (_gate)
        {
            return _segments.ToImmutableSortedDictionary();
        }
    }

    public void Changed(ObjectRecord? before, ObjectRecord? after)
    {
        lock (_gate)
        {
            _totals += Sum(after) - Sum(before);
            Refer(before, -1);
            Refer(after, 1);
        }
    }

    public void Use(ulong segment, SegmentUse more)
    {
        lock (_gate)
        {
            _segments[segment] = _segments.GetValueOrDefault(segment) + more;
            _dirtySegments.Add(segment);
        }
    }

    /// <summary>The segment is gone from the log; the caller removes it from the index.</summary>
    public void Forget(ulong segment)
    {
        lock (_gate)
        {
            _segments.Remove(segment);
            _dirtySegments.Remove(segment);
        }
    }

    /// <summary>Forgets the segments that are gone from the log, and says which; as <see cref="Forget"/>.</summary>
    public List<ulong> ForgetMissing(Predicate<ulong> isThere)
    {
        var gone = new List<ulong>();
        lock (_gate)
        {
            foreach (var (id, _) in _segments)
            {
                if (!isThere(id))
                {
                    gone.Add(id);
                }
            }

            foreach (var id in gone)
            {
                Forget(id);
            }
        }

        return gone;
    }

    /// <summary>Hands over what changed since the last call; a segment that is gone comes without a use.</summary>
    public void DrainChanges(Action<OwnerUsage> owner, Action<ulong, SegmentUse?> segment)
    {
        lock (_gate)
        {
            foreach (var id in _dirtyOwners)
            {
                owner(_owners[id]);
            }

            foreach (var id in _dirtySegments)
            {
                segment(id, _segments.TryGetValue(id, out var use) ? use : null);
            }

            _dirtyOwners.Clear();
            _dirtySegments.Clear();
        }
    }

    private StoreTotals Sum(ObjectRecord? record)
    {
        if (record is null)
        {
            return default;
        }

        var copies = 0;
        foreach (var copy in record.Copies)
        {
            copies += copy.Location == location ? 1 : 0;
        }

        var bytes = copies * record.SizeBytes;
        return record.IsPresent
            ? new StoreTotals(1, record.SizeBytes, bytes, 0) : new StoreTotals(0, 0, 0, bytes);
    }

    /// <summary>An owner with two references to one object refers twice, and to one object's bytes.</summary>
    private void Refer(ObjectRecord? record, int sign)
    {
        if (record is null)
        {
            return;
        }

        var references = record.References;
        for (var index = 0; index < references.Length; index++)
        {
            var owner = references[index].Owner;
            var isFirst = true;
            for (var earlier = 0; earlier < index && isFirst; earlier++)
            {
                isFirst = references[earlier].Owner != owner;
            }

            var usage = _owners.GetValueOrDefault(owner) ?? new OwnerUsage(owner, 0, 0, 0);
            _owners[owner] = usage with
            {
                References = usage.References + sign,
                Objects = usage.Objects + (isFirst ? sign : 0),
                LogicalBytes = usage.LogicalBytes + (isFirst ? sign * record.SizeBytes : 0),
            };
            _dirtyOwners.Add(owner);
        }
    }
}

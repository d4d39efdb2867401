using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>
/// Which copies a full location gives up: those that the class does not need there, the longest unused first, and no
/// more than it takes. It is offered every object and remembers only the best.
/// </summary>
/// <param name="bytesWanted">What they are to free together.</param>
/// <param name="countMax">Copies at most; the next cycle takes the others.</param>
public sealed class Eviction(long bytesWanted, int countMax)
{
    private readonly PriorityQueue<SpareCopy, SpareCopy> _latestFirst = new(LatestFirst.Instance);
    private long _bytes;

    /// <returns>The object's copy at a location, when the release gate would let it go for want of space.</returns>
    /// <param name="record">The object.</param>
    /// <param name="location">Where space is wanted.</param>
    /// <param name="locations">Locations whose copies may be relied on.</param>
    /// <param name="level">What counts as failing as one.</param>
    public static Copy? FindSpare(
        ObjectRecord record, LocationId location, IReadOnlyDictionary<LocationId, LocationTraits> locations,
        FailureDomainLevel level)
    {
        foreach (var copy in record.Copies)
        {
            if (copy.Location == location && copy.State == CopyState.Verified)
            {
                var release = new CopyRelease(location, copy.Incarnation, record.Revision) { IsForSpace = true };
                return ReleaseGate.AskCopy(record, release, ReleaseFacts.Nobody, locations, level).IsAllowed
                    ? copy
                    : null;
            }
        }

        return null;
    }

    public void Offer(SpareCopy spare)
    {
        _latestFirst.Enqueue(spare, spare);
        _bytes += spare.RoomBytes;
        while (_latestFirst.Count > 0
            && (_latestFirst.Count > countMax || _bytes - _latestFirst.Peek().RoomBytes >= bytesWanted))
        {
            _bytes -= _latestFirst.Dequeue().RoomBytes;
        }
    }

    /// <summary>The longest unused first.</summary>
    public IReadOnlyList<SpareCopy> Choose() =>
        [.. _latestFirst.UnorderedItems.Select(static item => item.Element).OrderDescending(LatestFirst.Instance)];

    /// <summary>By the name where the time is the same, so that the same facts give the same choice.</summary>
    private sealed class LatestFirst : IComparer<SpareCopy>
    {
        public static readonly LatestFirst Instance = new();

        public int Compare(SpareCopy? left, SpareCopy? right)
        {
            var byUse = right!.LastUsedAt.CompareTo(left!.LastUsedAt);
            return byUse != 0 ? byUse : right.Key.Cid.CompareTo(left.Key.Cid);
        }
    }
}

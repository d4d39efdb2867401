using System.Collections.Concurrent;

namespace CimStore.Disk.Log;

/// <summary>The segments of the log, and the bound on their open handles.</summary>
internal sealed class SegmentSet(int openMax)
{
    private readonly ConcurrentDictionary<ulong, Segment> _segments = new();
    private int _open;

    public bool IsEmpty => _segments.IsEmpty;

    public void Add(Segment segment)
    {
        _segments[segment.Id] = segment;
        if (segment.HasOpenFile)
        {
            HandleOpened();
        }
    }

    public bool TryGet(ulong id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Segment? segment) =>
        _segments.TryGetValue(id, out segment);

    public void Remove(Segment segment)
    {
        _segments.TryRemove(segment.Id, out _);
        if (segment.HasOpenFile)
        {
            segment.Close();
            Interlocked.Decrement(ref _open);
        }
    }

    /// <returns>The segments in ascending order, as of now.</returns>
    public Segment[] Ordered()
    {
        Segment[] segments = [.. _segments.Values];
        Array.Sort(segments, static (left, right) => left.Id.CompareTo(right.Id));
        return segments;
    }

    public void HandleOpened()
    {
        if (Interlocked.Increment(ref _open) > openMax)
        {
            Sweep();
        }
    }

    public void CloseAll()
    {
        foreach (var segment in _segments.Values)
        {
            segment.Close();
        }
    }

    /// <summary>Second chance: a handle used since the last sweep is spared once.</summary>
    private void Sweep()
    {
        foreach (var segment in _segments.Values)
        {
            if (Volatile.Read(ref _open) <= openMax)
            {
                return;
            }

            if (segment.RecentlyUsed)
            {
                segment.RecentlyUsed = false;
            }
            else if (segment.HasOpenFile && segment.TryEvict())
            {
                Interlocked.Decrement(ref _open);
            }
        }
    }
}

namespace CimStore.Disk.Large;

/// <summary>
/// Whether small contents are coming in. Each waits for its sync, and a sync waits for what the device has in hand:
/// then a stream gives it little at a time, and otherwise as much as makes it fast.
/// </summary>
internal sealed class SmallPuts(TimeProvider time)
{
    /// <summary>So many within the time make it worth going slowly. A power of two.</summary>
    public const int CountMin = 4;

    public static readonly TimeSpan Within = TimeSpan.FromMilliseconds(250);

    private readonly long[] _at = new long[CountMin];
    private uint _count;

    public bool AreComing
    {
        get
        {
            var count = Volatile.Read(ref _count);
            return count >= CountMin && time.GetElapsedTime(Volatile.Read(ref _at[count % CountMin])) < Within;
        }
    }

    public void Note()
    {
        var count = Interlocked.Increment(ref _count);
        Volatile.Write(ref _at[(count - 1) % CountMin], time.GetTimestamp());
    }
}

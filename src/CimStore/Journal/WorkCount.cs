namespace CimStore.Journal;

/// <summary>How far a long piece of work is; whoever watches reads it at any time.</summary>
public sealed class WorkCount
{
    private long _items;
    private long _sizeBytes;

    public long Items => Interlocked.Read(ref _items);

    public long SizeBytes => Interlocked.Read(ref _sizeBytes);

    public void Add(long items, long sizeBytes)
    {
        Interlocked.Add(ref _items, items);
        Interlocked.Add(ref _sizeBytes, sizeBytes);
    }
}

namespace CimStore.Disk.Catalog;

/// <summary>Walks the index in the order of its keys. Key and value are valid until the next step.</summary>
internal sealed unsafe class IndexCursor : IDisposable
{
    private readonly nint _options = Rocks.ReadOptionsCreate();
    private nint _iterator;

    /// <param name="database">RocksDB's.</param>
    /// <param name="snapshot">0: as it is now.</param>
    /// <param name="end">Where it ends; must stay where it is as long as the cursor does.</param>
    /// <param name="endLength">0 when there is no end.</param>
    public IndexCursor(nint database, nint snapshot, byte* end, int endLength)
    {
        if (snapshot != 0)
        {
            Rocks.SetSnapshot(_options, snapshot);
        }

        if (endLength > 0)
        {
            Rocks.SetUpperBound(_options, end, (nuint)endLength);
        }

        _iterator = Rocks.IteratorCreate(database, _options);
    }

    public bool IsValid => Rocks.IteratorValid(_iterator) != 0;

    public ReadOnlySpan<byte> Key
    {
        get
        {
            var bytes = Rocks.IteratorKey(_iterator, out var length);
            return new ReadOnlySpan<byte>(bytes, checked((int)length));
        }
    }

    public ReadOnlySpan<byte> Value
    {
        get
        {
            var bytes = Rocks.IteratorValue(_iterator, out var length);
            return new ReadOnlySpan<byte>(bytes, checked((int)length));
        }
    }

    public void Seek(ReadOnlySpan<byte> key)
    {
        fixed (byte* name = key)
        {
            Rocks.IteratorSeek(_iterator, name, (nuint)key.Length);
        }
    }

    public void Next() => Rocks.IteratorNext(_iterator);

    /// <summary>An iterator that met damage only stops; this tells that from the end.</summary>
    public nint Error()
    {
        Rocks.IteratorError(_iterator, out var error);
        return error;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _iterator, 0) is not 0 and var iterator)
        {
            Rocks.IteratorDestroy(iterator);
            Rocks.ReadOptionsDestroy(_options);
        }
    }
}

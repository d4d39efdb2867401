namespace CimStore.Disk.Catalog;

/// <summary>Walks the index in the order of its keys. Key and value are valid until the next step.</summary>
internal sealed unsafe class IndexCursor(nint database, nint options) : IDisposable
{
    private nint _iterator = Rocks.IteratorCreate(database, options);

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
        }
    }
}

namespace CimStore.Disk.Catalog;

/// <summary>Changes of the index that are applied together; used again after <see cref="Clear"/>.</summary>
internal sealed unsafe class IndexBatch : IDisposable
{
    private nint _batch = Rocks.BatchCreate();

    public nint Handle => _batch;

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // An empty span has no address; RocksDB wants one that it does not read.
        byte none = 0;
        fixed (byte* name = key, bytes = value)
        {
            Rocks.BatchPut(
                _batch, name, (nuint)key.Length, bytes == null ? &none : bytes, (nuint)value.Length);
        }
    }

    public void Delete(ReadOnlySpan<byte> key)
    {
        fixed (byte* name = key)
        {
            Rocks.BatchDelete(_batch, name, (nuint)key.Length);
        }
    }

    public void Clear() => Rocks.BatchClear(_batch);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _batch, 0) is not 0 and var batch)
        {
            Rocks.BatchDestroy(batch);
        }
    }
}

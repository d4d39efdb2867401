namespace CimStore.Disk.Catalog;

/// <summary>Reads a value where it lies in RocksDB's memory, without a copy.</summary>
internal interface IIndexValue<out T>
{
    T Read(ReadOnlySpan<byte> value);
}

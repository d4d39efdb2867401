namespace CimStore.Disk.Catalog;

/// <summary>RocksDB failed; the message is its own. The index can always be made anew from the log.</summary>
internal sealed class IndexException(string message) : Exception(message);

namespace CimStore.Disk.Log;

/// <summary>What a record got when it was appended. Both are void unless the commit succeeds.</summary>
internal readonly record struct LogEntry(ulong Lsn, LogPosition Position);

namespace CimStore.Disk.Cold;

/// <summary>Of one content and its stored form. A reader must be told them: the form itself may be cut.</summary>
internal readonly record struct ColdSizes(long ContentBytes, long StoredBytes);

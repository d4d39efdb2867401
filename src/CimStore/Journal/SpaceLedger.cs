namespace CimStore.Journal;

/// <summary>
/// Where the bytes of the data directory are; the sum of the four parts is <see cref="PhysicalBytes"/>.
/// </summary>
/// <param name="LiveBytes">Content that can be read.</param>
/// <param name="HeldBytes">Content in its grace, or kept for a reader or a snapshot.</param>
/// <param name="GarbageBytes">Released content not yet compacted away.</param>
/// <param name="OverheadBytes">Journal, headers, padding, trees, index.</param>
public sealed record SpaceLedger(
    long PhysicalBytes, long LiveBytes, long HeldBytes, long GarbageBytes, long OverheadBytes, long FreeBytes);

namespace CimStore.Disk.Cold;

/// <summary>Where a frame lies and what it inflates to.</summary>
/// <param name="Offset">In the stored form.</param>
/// <param name="SizeBytes">Of its piece of the content.</param>
/// <param name="Checksum">The low 32 bits of the piece's XXH64.</param>
internal readonly record struct FrameEntry(int Frame, long Offset, int StoredSizeBytes, int SizeBytes, uint Checksum);

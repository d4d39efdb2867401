namespace CimStore.Policies;

/// <summary>
/// The size matrix of D4, half-open: [0, 1 KiB) and [1 KiB, 1 MiB) are key-value content, [1 MiB, 1 GiB] and above are
/// objects in chunks. The answer carries its reason; the strings are made once, because every Store carries one.
/// </summary>
public static class SizeMatrix
{
    public const long KeyValueInMemoryEndBytes = 1L << 10;
    public const long KeyValueEndBytes = 1L << 20;
    public const long ObjectLastBytes = 1L << 30;

    private static readonly SizeVerdict InMemory = new(
        SizeHome.KeyValueInMemory, "size in [0, 1 KiB): key-value, small enough for the memory cache");

    private static readonly SizeVerdict OnDisk = new(
        SizeHome.KeyValueOnDisk, "size in [1 KiB, 1 MiB): key-value on disk");

    private static readonly SizeVerdict Chunked = new(
        SizeHome.ObjectStore, "size in [1 MiB, 1 GiB]: object store, in proved groups");

    private static readonly SizeVerdict External = new(
        SizeHome.ObjectStoreAndExternal, "size above 1 GiB: object store, and the external tier where one is bound");

    public static SizeVerdict Home(long sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeBytes);
        return sizeBytes switch
        {
            < KeyValueInMemoryEndBytes => InMemory,
            < KeyValueEndBytes => OnDisk,
            <= ObjectLastBytes => Chunked,
            _ => External,
        };
    }
}

namespace CimStore.Testing.Disk;

internal static class Nonces
{
    /// <summary>A seeded source of segment nonces.</summary>
    public static ulong Nonce(this Random random) => (ulong)random.NextInt64();
}

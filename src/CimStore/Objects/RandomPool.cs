using System.Security.Cryptography;

namespace CimStore.Objects;

/// <summary>
/// Random bytes for ids and salts, drawn from the system's generator a page at a time: asking it for each id costs a
/// tenth of a small Store. What was handed out is wiped from the pool.
/// </summary>
public static class RandomPool
{
    private const int PoolSizeBytes = 4096;

    [ThreadStatic]
    private static byte[]? _pool;

    [ThreadStatic]
    private static int _left;

    public static void Fill(Span<byte> destination)
    {
        if (destination.Length > PoolSizeBytes)
        {
            RandomNumberGenerator.Fill(destination);
            return;
        }

        var pool = _pool ??= new byte[PoolSizeBytes];
        if (_left < destination.Length)
        {
            RandomNumberGenerator.Fill(pool);
            _left = PoolSizeBytes;
        }

        _left -= destination.Length;
        var taken = pool.AsSpan(_left, destination.Length);
        taken.CopyTo(destination);
        taken.Clear();
    }
}

using CimStore.Locations;

namespace CimStore.Disk.Cold;

/// <summary>
/// The readers of the compressed copies that were read last. A reader is disposed of when it gives way to another, or
/// is forgotten, and nobody reads by it.
/// </summary>
internal sealed class ColdReaders(ILocation location) : IAsyncDisposable
{
    /// <summary>Readers kept; also how many parts are read at the same time, the others wait.</summary>
    public const int CountMax = 16;

    private readonly SemaphoreSlim _turns = new(CountMax, CountMax);
    private readonly Lock _lock = new();
    private readonly Dictionary<(ContentKey Key, ulong Incarnation), ColdReader> _readers = new(CountMax);
    private long _uses;
    private int _disposing;
    private bool _disposed;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _readers.Count;
            }
        }
    }

    /// <returns>As <see cref="ILocation.ReadAsync"/>.</returns>
    public async ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var (reader, displaced) = Claim(key, copy);
            if (displaced is not null)
            {
                await displaced.DisposeAsync();
            }

            var isOfUse = false;
            try
            {
                var read = await reader.ReadAsync(offset, destination, cancellationToken);
                isOfUse = read is not null;
                return read;
            }
            catch (Exception failure) when (failure is not IntegrityException)
            {
                isOfUse = true;
                throw;
            }
            finally
            {
                // Of a copy that is gone, or was found wrong, nothing is kept: who comes next looks at the medium.
                await ReleaseAsync(reader, isForgotten: !isOfUse);
            }
        }
        finally
        {
            _turns.Release();
        }
    }

    public async ValueTask ForgetAsync(ContentKey key, ulong incarnation)
    {
        ColdReader? idle;
        lock (_lock)
        {
            idle = _readers.TryGetValue((key, incarnation), out var reader) ? Forget(reader) : null;
        }

        if (idle is not null)
        {
            await idle.DisposeAsync();
        }
    }

    /// <summary>Waits for what is being read; reads that come later are refused.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposing, 1) == 1)
        {
            return;
        }

        for (var turn = 0; turn < CountMax; turn++)
        {
            await _turns.WaitAsync(CancellationToken.None);
        }

        _disposed = true;
        foreach (var reader in _readers.Values)
        {
            await reader.DisposeAsync();
        }

        _readers.Clear();

        // Whoever waits for a turn gets one, and is told that there is nothing any more.
        _turns.Release(CountMax);
    }

    /// <summary>
    /// Who has a turn uses one reader, and there are as many turns as readers: so one is idle, or there is room.
    /// </summary>
    private (ColdReader Reader, ColdReader? Displaced) Claim(ContentKey key, Copy copy)
    {
        lock (_lock)
        {
            ColdReader? displaced = null;
            if (!_readers.TryGetValue((key, copy.Incarnation), out var reader))
            {
                displaced = _readers.Count == CountMax
                    ? Forget(_readers.Values.Where(static one => one.UserCount == 0).MinBy(static one => one.UsedAt)!)
                    : null;
                reader = new ColdReader(location, key, copy);
                _readers.Add((key, copy.Incarnation), reader);
            }

            reader.UserCount++;
            reader.UsedAt = ++_uses;
            return (reader, displaced);
        }
    }

    private async ValueTask ReleaseAsync(ColdReader reader, bool isForgotten)
    {
        ColdReader? idle;
        lock (_lock)
        {
            reader.UserCount--;
            idle = isForgotten || reader.IsForgotten ? Forget(reader) : null;
        }

        if (idle is not null)
        {
            await idle.DisposeAsync();
        }
    }

    /// <returns>The reader, when it is to be disposed of now; else its last user does it.</returns>
    private ColdReader? Forget(ColdReader reader)
    {
        if (!reader.IsForgotten)
        {
            reader.IsForgotten = true;
            _readers.Remove((reader.Key, reader.Incarnation));
        }

        return reader.UserCount == 0 ? reader : null;
    }
}

using CimStore.Locations;

namespace CimStore.Disk.Cold;

/// <summary>One compressed copy, opened by whoever reads it first.</summary>
/// <remarks>
/// <see cref="UserCount"/>, <see cref="UsedAt"/> and <see cref="IsForgotten"/> belong to the lock of those who keep it.
/// </remarks>
internal sealed class ColdReader(ILocation location, ContentKey key, Copy copy) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private SeekableZstdReader? _opened;

    public ContentKey Key => key;

    public ulong Incarnation => copy.Incarnation;

    public int UserCount { get; set; }

    public long UsedAt { get; set; }

    public bool IsForgotten { get; set; }

    /// <returns>As <see cref="ILocation.ReadAsync"/>.</returns>
    public async ValueTask<int?> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var reader = Volatile.Read(ref _opened) ?? await OpenAsync(cancellationToken);
        return reader is null ? null : await reader.ReadAsync(offset, destination, cancellationToken);
    }

    /// <summary>Only when it has no users any more.</summary>
    public async ValueTask DisposeAsync()
    {
        _gate.Dispose();
        if (_opened is not null)
        {
            await _opened.DisposeAsync();
        }
    }

    /// <summary>Of several that come at once one opens it and the others wait.</summary>
    private async ValueTask<SeekableZstdReader?> OpenAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_opened is null && await location.DescribeAsync(key, copy, cancellationToken) is { } held)
            {
                RequireSameHeader(held.Manifest.Header);
                var sizes = new ColdSizes(
                    held.Manifest.SizeBytes, held.Manifest.StoredBytes ?? held.Manifest.SizeBytes);
                Volatile.Write(
                    ref _opened, await SeekableZstdReader.OpenAsync(ReadStoredAsync, sizes, cancellationToken));
            }

            return _opened;
        }
        finally
        {
            _gate.Release();
        }
    }

    private ValueTask<int?> ReadStoredAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        location.ReadAsync(key, copy, offset, destination, cancellationToken);

    private void RequireSameHeader(CopyHeader held)
    {
        if (held.Compression != copy.Header.Compression)
        {
            throw new IntegrityException(
                $"The copy of {key.Cid} at {location.Id} says that its compression is {held.Compression}, the catalog "
                + $"that it is {copy.Header.Compression}.");
        }
    }
}

using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Disk.Cold;

/// <summary>
/// Another location, with content compressed on its way in where that is worth it: <c>docs/formats/zstd-seekable.md</c>
/// has the bytes. Whether a copy is compressed is said by its header and never guessed from its bytes. Disposes of the
/// other location with itself.
/// </summary>
/// <remarks>
/// A content's beginning decides, so the first MiB of each content on its way in is kept, and the location inside is
/// asked for room only then. Reading keeps at most 16 readers: 16 x (4 MiB inflated + 768 KiB of seek table) = 76 MiB.
/// </remarks>
public sealed class CompressingLocation : ILocation, IAsyncDisposable
{
    internal const byte Uncompressed = 0;

    internal const byte Zstd = 1;

    private readonly ILocation _inner;
    private readonly long _contentSizeMaxBytes;
    private readonly ColdReaders _readers;

    public CompressingLocation(ILocation inner)
        : this(inner, SeekableZstd.ContentSizeMaxBytes)
    {
    }

    internal CompressingLocation(ILocation inner, long contentSizeMaxBytes)
    {
        (_inner, _contentSizeMaxBytes) = (inner, contentSizeMaxBytes);
        _readers = new ColdReaders(inner);
    }

    /// <summary>What keeps the bytes.</summary>
    public ILocation Inner => _inner;

    public LocationId Id => _inner.Id;

    public LocationTraits Traits => _inner.Traits;

    public int InlineSizeMaxBytes => _inner.InlineSizeMaxBytes;

    public ImmutableArray<string> Warnings => _inner.Warnings;

    internal int ReadersKept => _readers.Count;

    public ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IStagedContent>(
            new CompressingStagedContent(_inner, sizeHint, _contentSizeMaxBytes));
    }

    public ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return copy.Header.Compression switch
        {
            _ when copy.Location != Id => ValueTask.FromResult<int?>(null),
            Uncompressed => _inner.ReadAsync(key, copy, offset, destination, cancellationToken),
            Zstd => _readers.ReadAsync(key, copy, offset, destination, cancellationToken),
            var code => throw new IntegrityException(
                $"The copy of {key.Cid} at {Id} has compression {code}; this program knows 0 (none) and 1 (zstd)."),
        };
    }

    public ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _inner.ReadTreeAsync(key, copy, offset, destination, cancellationToken);

    public async ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken)
    {
        try
        {
            await _inner.ReleaseAsync(key, incarnation, cancellationToken);
        }
        finally
        {
            // Behind it: who comes between would only keep a reader of what is gone.
            await _readers.ForgetAsync(key, incarnation);
        }
    }

    public ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken) =>
        _inner.DescribeAsync(key, copy, cancellationToken);

    public IAsyncEnumerable<HeldCopy> ListCopiesAsync(ContentKey? after, CancellationToken cancellationToken) =>
        _inner.ListCopiesAsync(after, cancellationToken);

    public ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        _inner.InspectAsync(key, copy, pace, cancellationToken);

    public async ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken)
    {
        try
        {
            return await _inner.HealAsync(key, copy, pace, cancellationToken);
        }
        finally
        {
            await _readers.ForgetAsync(key, copy.Incarnation);
        }
    }

    public IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded() => _inner.TakeDegraded();

    public ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken) =>
        _inner.FindRoomAsync(cancellationToken);

    public ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken) =>
        _inner.MeasureSpaceAsync(cancellationToken);

    public ValueTask<long> TidyAsync(CancellationToken cancellationToken) => _inner.TidyAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _readers.DisposeAsync();
        if (_inner is IAsyncDisposable open)
        {
            await open.DisposeAsync();
        }
    }
}

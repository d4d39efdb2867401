using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace CimStore.Locations;

/// <summary>
/// Another location, asked for no more operations and bytes a second than it is to bear: who comes too early waits.
/// Disposes of the other location with itself.
/// </summary>
/// <remarks>
/// An operation is a call of this port; staged content counts when it is begun and when it is sealed, its writes by
/// their bytes. What an inspection reads is only known behind it: it is paid for by those who come next.
/// </remarks>
public sealed class RateLimitedLocation(ILocation inner, RateLimits limits, TimeProvider time)
    : ILocation, IAsyncDisposable
{
    private readonly TokenBucket _operations = new(limits.OperationsPerSecondMax, time);
    private readonly TokenBucket _bytes = new(limits.BytesPerSecondMax, time);

    public LocationId Id => inner.Id;

    public LocationTraits Traits => inner.Traits;

    public int InlineSizeMaxBytes => inner.InlineSizeMaxBytes;

    public ImmutableArray<string> Warnings => inner.Warnings;

    public async ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken)
    {
        await _operations.TakeAsync(1, cancellationToken);
        return new RateLimitedStagedContent(
            await inner.StageAsync(sizeHint, cancellationToken), _operations, _bytes);
    }

    public async ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        await TakeToReadAsync(destination.Length, cancellationToken);
        int? read = null;
        try
        {
            read = await inner.ReadAsync(key, copy, offset, destination, cancellationToken);
            return read;
        }
        finally
        {
            _bytes.GiveBack(destination.Length - (read ?? 0));
        }
    }

    public async ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        await TakeToReadAsync(destination.Length, cancellationToken);
        int? read = null;
        try
        {
            read = await inner.ReadTreeAsync(key, copy, offset, destination, cancellationToken);
            return read;
        }
        finally
        {
            _bytes.GiveBack(destination.Length - (read ?? 0));
        }
    }

    public async ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken)
    {
        await _operations.TakeAsync(1, cancellationToken);
        await inner.ReleaseAsync(key, incarnation, cancellationToken);
    }

    public async ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken)
    {
        await _operations.TakeAsync(1, cancellationToken);
        return await inner.DescribeAsync(key, copy, cancellationToken);
    }

    public async IAsyncEnumerable<HeldCopy> ListCopiesAsync(
        ContentKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _operations.TakeAsync(1, cancellationToken);
        await foreach (var held in inner.ListCopiesAsync(after, cancellationToken))
        {
            yield return held;
        }
    }

    public async ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken)
    {
        await TakeToReadAsync(0, cancellationToken);
        return await inner.InspectAsync(key, copy, new BothPaces(_bytes, pace), cancellationToken);
    }

    public async ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken)
    {
        await TakeToReadAsync(0, cancellationToken);
        return await inner.HealAsync(key, copy, new BothPaces(_bytes, pace), cancellationToken);
    }

    public IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded() => inner.TakeDegraded();

    public async ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken)
    {
        await _operations.TakeAsync(1, cancellationToken);
        return await inner.FindRoomAsync(cancellationToken);
    }

    public async ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken)
    {
        await _operations.TakeAsync(1, cancellationToken);
        return await inner.MeasureSpaceAsync(cancellationToken);
    }

    public async ValueTask<long> TidyAsync(CancellationToken cancellationToken)
    {
        await _operations.TakeAsync(1, cancellationToken);
        return await inner.TidyAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => (inner as IAsyncDisposable)?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask TakeToReadAsync(int bytes, CancellationToken cancellationToken)
    {
        await _operations.TakeAsync(1, cancellationToken);
        await _bytes.TakeAsync(bytes, cancellationToken);
    }

    private sealed class BothPaces(IReadPace own, IReadPace? other) : IReadPace
    {
        public async ValueTask TakeAsync(long bytes, CancellationToken cancellationToken)
        {
            await own.TakeAsync(bytes, cancellationToken);
            await (other?.TakeAsync(bytes, cancellationToken) ?? ValueTask.CompletedTask);
        }
    }
}

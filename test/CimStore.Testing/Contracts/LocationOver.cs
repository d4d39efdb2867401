using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Testing.Contracts;

/// <summary>Another location as it is, but for what a test overrides.</summary>
internal abstract class LocationOver(ILocation inner) : ILocation
{
    public LocationId Id => inner.Id;

    public LocationTraits Traits => inner.Traits;

    public virtual int InlineSizeMaxBytes => inner.InlineSizeMaxBytes;

    public ImmutableArray<string> Warnings => inner.Warnings;

    public virtual ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken) =>
        inner.StageAsync(sizeHint, cancellationToken);

    public virtual ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        inner.ReadAsync(key, copy, offset, destination, cancellationToken);

    public virtual ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        inner.ReadTreeAsync(key, copy, offset, destination, cancellationToken);

    public virtual ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken) =>
        inner.ReleaseAsync(key, incarnation, cancellationToken);

    public ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken) =>
        inner.DescribeAsync(key, copy, cancellationToken);

    public virtual IAsyncEnumerable<HeldCopy> ListCopiesAsync(ContentKey? after, CancellationToken cancellationToken) =>
        inner.ListCopiesAsync(after, cancellationToken);

    public ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        inner.InspectAsync(key, copy, pace, cancellationToken);

    public ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        inner.HealAsync(key, copy, pace, cancellationToken);

    public IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded() => inner.TakeDegraded();

    public ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken) =>
        inner.FindRoomAsync(cancellationToken);

    public ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken) =>
        inner.MeasureSpaceAsync(cancellationToken);

    public ValueTask<long> TidyAsync(CancellationToken cancellationToken) => inner.TidyAsync(cancellationToken);
}

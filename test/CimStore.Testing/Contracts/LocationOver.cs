using CimStore.Locations;

namespace CimStore.Testing.Contracts;

/// <summary>Another location as it is, but for what a test overrides.</summary>
internal abstract class LocationOver(ILocation inner) : ILocation
{
    public LocationId Id => inner.Id;

    public LocationTraits Traits => inner.Traits;

    public int InlineSizeMaxBytes => inner.InlineSizeMaxBytes;

    public ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken) =>
        inner.StageAsync(sizeHint, cancellationToken);

    public virtual ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        inner.ReadAsync(key, copy, offset, destination, cancellationToken);

    public virtual ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        inner.ReadTreeAsync(key, copy, offset, destination, cancellationToken);
}

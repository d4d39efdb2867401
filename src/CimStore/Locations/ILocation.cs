namespace CimStore.Locations;

/// <summary>Port (grows with the tiers): holds copies. Every adapter passes <c>LocationContract</c>.</summary>
public interface ILocation
{
    LocationId Id { get; }

    LocationTraits Traits { get; }

    /// <summary>Content up to this size travels in the journal's own batch; larger content is staged.</summary>
    int InlineSizeMaxBytes { get; }

    /// <param name="sizeHint">The content's length when the sender said it, to pre-allocate; null when unknown.</param>
    ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken);

    /// <summary>Asked for several parts of a copy at once, by one reader too.</summary>
    /// <returns>Bytes read, 0 past the end, or null when the location does not hold that copy.</returns>
    /// <exception cref="LocationException">Nothing is known about the copy.</exception>
    ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Reads the BLAKE3 tree beside the content; only content that was staged has one.</summary>
    ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken);
}

using System.Collections.Immutable;

namespace CimStore.Locations;

/// <summary>Port: holds copies. Every adapter passes <c>LocationContract</c>.</summary>
public interface ILocation
{
    LocationId Id { get; }

    LocationTraits Traits { get; }

    /// <summary>
    /// Content up to this size is kept without a tree here: it is read whole, and its hash proves it. Copies made under
    /// another limit stay as they were made.
    /// </summary>
    int InlineSizeMaxBytes { get; }

    /// <summary>What is wrong or weaker than promised here, in words.</summary>
    ImmutableArray<string> Warnings { get; }

    /// <param name="sizeHint">The content's length when the sender said it, to pre-allocate; null when unknown.</param>
    /// <exception cref="LocationException">Nothing was stored.</exception>
    ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken);

    /// <summary>Asked for several parts of a copy at once, by one reader too.</summary>
    /// <returns>Bytes read, 0 past the end, or null when the location does not hold that copy.</returns>
    /// <exception cref="LocationException">Nothing is known about the copy.</exception>
    /// <exception cref="IntegrityException">The copy is there, and damaged beyond what its parts can restore.
    /// </exception>
    ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Reads the BLAKE3 tree beside the content.</summary>
    /// <returns>Bytes read, 0 past the end, or null when the location does not hold that copy or keeps it without a
    /// tree, as it does content that was not staged.</returns>
    /// <exception cref="LocationException">Nothing is known about the tree.</exception>
    /// <exception cref="IntegrityException">The copy is there, and its tree is missing or damaged.</exception>
    ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>
    /// Gives up exactly this copy; a newer one of the same content stays. Does nothing when it is not there, and where
    /// the journal's own log is the location: there the event has done it.
    /// </summary>
    /// <exception cref="LocationException">The copy, or parts of it, may still be there.</exception>
    ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken);

    /// <returns>What the copy says of itself; null when the location does not hold it.</returns>
    /// <exception cref="LocationException">Nothing is known about the copy.</exception>
    ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken);

    /// <summary>
    /// Every copy that is here, told by its own header, in ascending order of the CID's text; also one whose header
    /// cannot be read, with a fault, as far as the location knows of it.
    /// </summary>
    /// <param name="after">The key to begin behind; null begins at the first.</param>
    /// <param name="cancellationToken">Stops it.</param>
    IAsyncEnumerable<HeldCopy> ListCopiesAsync(ContentKey? after, CancellationToken cancellationToken);

    /// <summary>Reads every byte of the copy, spare parts included, and checks it against its own checksums.</summary>
    /// <param name="key">The content.</param>
    /// <param name="copy">The copy.</param>
    /// <param name="pace">Asked as it reads, a block at a time; null for as fast as it can.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Null when the location does not hold that copy.</returns>
    /// <exception cref="LocationException">Nothing is known about the copy.</exception>
    ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken);

    /// <summary>
    /// Makes again the parts of the copy that are missing or damaged, from those that are right. May be repeated; what
    /// was made stays.
    /// </summary>
    /// <param name="key">The content.</param>
    /// <param name="copy">The copy.</param>
    /// <param name="pace">Asked as it reads, a block at a time; null for as fast as it can.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>How the copy is afterwards, or null when the location does not hold it.</returns>
    /// <exception cref="LocationException">Parts may or may not have been made; none was made worse.</exception>
    ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken);

    /// <summary>
    /// Copies of which, since this was asked last, a part that can be made again turned out to be missing or damaged
    /// while others served it, or a part could not be written.
    /// Of bounded number: what is left out is found again by the next reader or by the scrub.
    /// </summary>
    IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded();

    /// <summary>Asked in every cycle: it reads nothing.</summary>
    ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken);

    /// <summary>The room with what of it is used here, for which every file may be looked at.</summary>
    ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken);

    /// <summary>Gives back the room of copies that were given up. May run beside anything.</summary>
    /// <returns>Bytes given back.</returns>
    ValueTask<long> TidyAsync(CancellationToken cancellationToken);
}

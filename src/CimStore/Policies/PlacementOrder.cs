using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>
/// The candidates in the order in which one request asks them. The order of two candidates depends on them and the
/// request alone (with the range strategy also on who else is of their tier), so that taking a third away moves
/// nothing but what was there.
/// </summary>
/// <param name="Ranked">Whom to ask first, second and so on.</param>
/// <param name="DependsOnContent">Whether some suit equally well, so that the content decided.</param>
internal readonly record struct PlacementOrder(ImmutableArray<PlacementCandidate> Ranked, bool DependsOnContent)
{
    private const int NameBytesMax = 256;

    /// <param name="asked">Candidates that may take the content.</param>
    /// <param name="all">All candidates: ranges do not shift because one of them is full or out of reach.</param>
    /// <param name="request">Whose content.</param>
    /// <param name="options">The strategy.</param>
    public static PlacementOrder Of(
        IReadOnlyCollection<PlacementCandidate> asked, ImmutableArray<PlacementCandidate> all,
        PlacementRequest request, PlacementOptions options)
    {
        if (asked.Count <= 1)
        {
            return new PlacementOrder([.. asked], false);
        }

        var isGeographic = options.Strategy == PlacementStrategy.Geographic;
        var suited = asked.Select(candidate => (
            Suit: (SuitOf(candidate, request), isGeographic ? -Nearness(candidate.Traits, request.Region) : 0),
            Candidate: candidate)).ToList();
        if (suited.DistinctBy(ranked => ranked.Suit).Count() == suited.Count)
        {
            return new PlacementOrder(
                [.. suited.OrderBy(ranked => ranked.Suit).Select(ranked => ranked.Candidate)], false);
        }

        var place = Prefix(request.Key.Cid);
        var ranked = suited.OrderBy(ranked => ranked.Suit)
            .ThenBy(ranked => options.Strategy == PlacementStrategy.Range ? Steps(ranked.Candidate, all, place) : 0)
            .ThenByDescending(ranked => Weight(request.Key.Cid, ranked.Candidate.Location))
            .ThenBy(ranked => ranked.Candidate.Location.Name, StringComparer.Ordinal)
            .Select(ranked => ranked.Candidate);
        return new PlacementOrder([.. ranked], true);
    }

    /// <summary>
    /// The random weight of a content at a location: the first 8 bytes, little-endian, of the BLAKE3 of the
    /// location's name keyed with the digest. A change of this moves content everywhere.
    /// </summary>
    public static ulong Weight(in Cid cid, LocationId location)
    {
        Span<byte> key = stackalloc byte[Blake3.KeySizeBytes];
        if (cid.Digest.Length == key.Length)
        {
            cid.CopyDigestTo(key);
        }
        else
        {
            Blake3.Hash(cid.Digest, key);
        }

        Span<byte> buffer = stackalloc byte[NameBytesMax];
        var size = Encoding.UTF8.GetByteCount(location.Name);
        var name = size <= buffer.Length ? buffer[..size] : new byte[size];
        Encoding.UTF8.GetBytes(location.Name, name);
        Span<byte> hash = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.KeyedHash(key, name, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    /// <summary>
    /// First what can be reached: a copy somewhere is worth more than a debt where it would suit best. Then what needs
    /// no recall, then the warmest tier, then the medium; an archival pattern asks for the medium before all of that,
    /// and content above the size trigger takes its durable copies from Warm on (D5).
    /// </summary>
    private static (bool Unreachable, bool Unsuited, bool Recalled, int Tier, bool WornOut) SuitOf(
        PlacementCandidate candidate, PlacementRequest request)
    {
        var traits = candidate.Traits;
        var isArchival = request.Pattern == AccessPattern.Archival;
        var tier = traits.Tier == StorageTier.Hot && request.SizeBytes >= PlacementOptions.SizeTriggerBytes
            ? (int)StorageTier.Archive + 1
            : (int)traits.Tier;
        return (
            !candidate.IsReachable,
            isArchival && traits.Medium is not ("tape" or "optical"),
            !isArchival && traits.Capabilities.HasFlag(LocationCapabilities.NeedsRecall),
            tier,
            request.Pattern == AccessPattern.WriteHeavy && traits.Medium is not ("nvme" or "ssd" or "pmem"));
    }

    /// <summary>How many ranges on from the content's own one this location's range is.</summary>
    private static int Steps(PlacementCandidate candidate, ImmutableArray<PlacementCandidate> all, ulong place)
    {
        var ring = all
            .Where(other => other.State == LocationState.Active && other.Traits.Tier == candidate.Traits.Tier)
            .Select(other => other.Location.Name).Order(StringComparer.Ordinal).ToList();

        // The high half of place × n is the range, of n equal ones, that the place lies in.
        var first = (int)Math.BigMul(place, (ulong)ring.Count, out _);
        return (ring.IndexOf(candidate.Location.Name) - first + ring.Count) % ring.Count;
    }

    /// <summary>How many of the leading words of both regions' names agree; one more when all do.</summary>
    private static int Nearness(LocationTraits traits, string? region)
    {
        if (region is null || RegionConstraint.RegionOf(traits.Labels) is not { } own)
        {
            return 0;
        }

        if (own.Equals(region, StringComparison.OrdinalIgnoreCase))
        {
            return int.MaxValue;
        }

        return own.Split('-').Zip(region.Split('-'))
            .TakeWhile(words => words.First.Equals(words.Second, StringComparison.OrdinalIgnoreCase)).Count();
    }

    private static ulong Prefix(in Cid cid)
    {
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        prefix.Clear();
        cid.Digest[..Math.Min(prefix.Length, cid.Digest.Length)].CopyTo(prefix);
        return BinaryPrimitives.ReadUInt64BigEndian(prefix);
    }
}

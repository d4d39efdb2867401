using System.Collections.Immutable;
using System.Globalization;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>The candidates sifted by what they may take: those that fit, and why the others do not.</summary>
internal sealed class SiftedCandidates
{
    private readonly PlacementCandidate[] _all;
    private readonly DomainTable _domains;

    private SiftedCandidates(
        PlacementCandidate? home, PlacementOrder order,
        ImmutableArray<(PlacementCandidate Candidate, Rejection Why)> leftOut, FailureDomainLevel level)
    {
        (Home, Others, DependsOnContent, LeftOut) = (home, order.Ranked, order.DependsOnContent, leftOut);
        _all = [.. All];
        _domains = new DomainTable(
            [.. _all.Select(candidate => new CopyPlace(candidate.Location, candidate.Traits))], level);
    }

    /// <summary>Null when there is none or it does not fit.</summary>
    public PlacementCandidate? Home { get; }

    /// <summary>In the order in which the request asks them.</summary>
    public ImmutableArray<PlacementCandidate> Others { get; }

    /// <summary>Whether other content would ask them in another order.</summary>
    public bool DependsOnContent { get; }

    public ImmutableArray<(PlacementCandidate Candidate, Rejection Why)> LeftOut { get; }

    public IEnumerable<PlacementCandidate> All => Home is null ? Others : Others.Prepend(Home);

    public static SiftedCandidates Of(
        PlacementRequest request, ConsistencyLevel level, ImmutableArray<PlacementCandidate> candidates,
        PlacementOptions options)
    {
        PlacementCandidate? home = null;
        var others = new List<PlacementCandidate>(candidates.Length);
        var leftOut = ImmutableArray.CreateBuilder<(PlacementCandidate Candidate, Rejection Why)>();
        foreach (var candidate in candidates)
        {
            if (WhyNot(candidate, request, level, options) is { } why)
            {
                leftOut.Add((candidate, why));
            }
            else if (!candidate.IsHome)
            {
                others.Add(candidate);
            }
            else if (home is null)
            {
                home = candidate;
            }
            else
            {
                throw new ArgumentException($"{home.Location} and {candidate.Location} are both the home location.");
            }
        }

        // Told in the order of the names, so that a reason does not depend on the order of the candidates either.
        leftOut.Sort((left, right) =>
            string.CompareOrdinal(left.Candidate.Location.Name, right.Candidate.Location.Name));
        return new SiftedCandidates(
            home, PlacementOrder.Of(others, candidates, request, options), leftOut.ToImmutable(),
            options.FailureDomain);
    }

    public static bool IsVolatile(PlacementCandidate candidate) =>
        candidate is { IsHome: false, Traits.Medium: "memory" };

    /// <summary>The effective copies that these, of those that fit, would hold together.</summary>
    public int Count(IEnumerable<PlacementCandidate> candidates) => _domains.Count(
        candidates.Select(candidate => Array.FindIndex(_all, other => ReferenceEquals(other, candidate))).ToArray());

    /// <summary>Why nothing can be stored, whatever is asked for; else null.</summary>
    public Rejection? RejectAll()
    {
        foreach (var (candidate, why) in LeftOut)
        {
            if (candidate.IsHome)
            {
                return new Rejection(
                    why.Code,
                    $"New content goes first to {candidate.Location}, which cannot take it: {why.Message}. "
                    + "Put that right, or store it at another node.");
            }
        }

        if (Home is { IsReachable: false })
        {
            return new Rejection(
                "locations-unreachable",
                $"New content goes first to {Home.Location}, which cannot be reached now. Try again later.");
        }

        if (All.Any())
        {
            return null;
        }

        var isRegion = LeftOut.Any(left => left.Why.Code == "region-denied");
        return new Rejection(
            isRegion ? "region-denied" : "no-location",
            $"No location can take it{Because()}. "
            + (isRegion ? "Allow another region, or bind a location in an allowed one." : "Bind another location."));
    }

    /// <returns>What is left out, in words that end a sentence; empty when nothing is.</returns>
    public string Because() => LeftOut.IsEmpty
        ? ""
        : " (" + string.Join("; ", LeftOut.Select(left => $"{left.Candidate.Location}: {left.Why.Message}")) + ")";

    private static Rejection? WhyNot(
        PlacementCandidate candidate, PlacementRequest request, ConsistencyLevel level, PlacementOptions options)
    {
        if (request.Regions.WhyNot(candidate.Traits) is { } region)
        {
            return new Rejection("region-denied", region);
        }

        if (candidate.State != LocationState.Active)
        {
            return new Rejection(
                "no-location", candidate.State == LocationState.Draining ? "it is draining" : "it is retired");
        }

        if (level == ConsistencyLevel.Strong && !candidate.Traits.SyncsBeforeAcknowledgement)
        {
            return new Rejection("not-synced", candidate.Traits.Medium == "jetstream"
                ? "Strong needs a sync before the answer (JetStream: sync_interval: always)"
                : "Strong needs a sync before the answer and it gives none");
        }

        if (IsVolatile(candidate) && request.Class != DurabilityClass.Ephemeral)
        {
            return new Rejection("no-location", "memory keeps Ephemeral content only");
        }

        return WhyFull(candidate, request.SizeBytes, options) is { } full ? new Rejection("no-location", full) : null;
    }

    private static string? WhyFull(PlacementCandidate candidate, long sizeBytes, PlacementOptions options)
    {
        if (candidate.IsFull)
        {
            return "it was filled to its limit and gives up copies before it takes any";
        }

        if (candidate.FillShare >= options.FillShareMax)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"it is filled to {candidate.FillShare:0.###} of at most {options.FillShareMax:0.###}");
        }

        // Compared by subtraction: a size near the largest number must not wrap round to one that fits.
        return candidate.FreeBytes is { } free && free - options.FreeBytesMin < sizeBytes
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{free} bytes are free, of which {options.FreeBytesMin} stay free, and it needs {sizeBytes}")
            : null;
    }
}

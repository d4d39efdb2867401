using System.Collections.Immutable;
using System.Globalization;
using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>Why a copy is where it is, in words: what the placement says of it now, and the domains it lies in. Pure.
/// </summary>
public static class CopyReason
{
    /// <summary>Asks the placement for the place of this copy beside all others.</summary>
    /// <param name="at">Where it is.</param>
    /// <param name="tier">Where the object belongs.</param>
    /// <param name="request">What is known of the object.</param>
    /// <param name="held">Where verified copies of it are.</param>
    /// <param name="candidates">All locations.</param>
    /// <param name="options">The settings.</param>
    public static string Of(
        LocationId at, StorageTier tier, PlacementRequest request, ImmutableArray<LocationId> held,
        ImmutableArray<PlacementCandidate> candidates, PlacementOptions options)
    {
        if (candidates.FirstOrDefault(candidate => candidate.Location == at) is not { } here)
        {
            return "it is not part of this node now, so no rule was asked";
        }

        if (here.State != LocationState.Active)
        {
            return $"{at} is {(here.State == LocationState.Draining ? "draining: it is to leave" : "retired")}";
        }

        // What is there already takes no room, and needs nobody to answer.
        candidates =
        [
            .. candidates.Select(candidate => held.Contains(candidate.Location)
                ? candidate with { IsFull = false, FillShare = null, FreeBytes = null, IsReachable = true }
                : candidate),
        ];
        var choice = here.Traits.Tier == tier
            ? Placement.Within(tier, request, held.Remove(at), candidates, options) : null;
        var plan = Placement.Plan(request, candidates, options);
        if (choice?.Location == at)
        {
            return $"the placement names {choice.Reason}";
        }

        return plan.BeforeAcknowledgement.Contains(at) || plan.Owed.Contains(at)
            ? $"the placement of the class names it: {plan.Reason}"
            : here.IsHome
                ? "the home location takes new content first; given up once the class has what it requires elsewhere"
                : Beyond(choice);
    }

    /// <summary>The domains that a copy there lies in, and what of it may be lost.</summary>
    public static string DomainsOf(LocationId at, LocationTraits traits, FailureDomainLevel level)
    {
        var domains = FailureDomains.Of([new CopyPlace(at, traits)], level)[0];
        var distinct = domains.Distinct(StringComparer.Ordinal).ToList();
        var names = string.Join(", ", distinct);
        return domains.Length == 1
            ? $"failure domain {names}"
            : Text($"{domains.Length} parts, any {traits.PartsNeeded} of which give it back, in failure domains ")
                + names;
    }

    private static string Beyond(PlacementChoice? choice) => choice switch
    {
        { Location: { } other } =>
            $"the placement would name {other} now ({choice.Reason}); it was put there when the locations were others, "
            + "or by hand, and is right there",
        _ => "no rule asks for it: it was made by hand or for a class or tier of before, and is kept until a move or "
            + "'replicate' gives it up",
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

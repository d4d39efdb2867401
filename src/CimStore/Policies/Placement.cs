using System.Collections.Immutable;
using System.Globalization;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>
/// Where content goes: size, pattern, class, data class and geography on one side, the locations on the other. Pure:
/// the same facts give the same plan, in whatever order the candidates come.
/// </summary>
/// <remarks>
/// Each copy is taken in a failure domain that has none yet, so that it counts (D3); which location it is, of those
/// that suit equally well, the strategy says. By rendezvous, a location that goes moves what was there and no more.
/// </remarks>
public static class Placement
{
    /// <summary>The plan for new content, or why none can be made; no byte leaves before it is accepted.</summary>
    /// <remarks>
    /// Codes: <c>no-location</c>, <c>region-denied</c>, <c>not-synced</c>, <c>class-unsatisfied</c>,
    /// <c>level-unsatisfied</c> (copies that need a recall do not count before the answer) and
    /// <c>locations-unreachable</c> (try again later).
    /// </remarks>
    public static PlacementPlan Plan(
        PlacementRequest request, ImmutableArray<PlacementCandidate> candidates, PlacementOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(request.SizeBytes);
        var level = request.Level ?? ConsistencyTable.LevelFor(request.DataClass);
        var sifted = SiftedCandidates.Of(request, level, candidates, options);
        var reach = sifted.Count(sifted.All);
        var durability = request.Class ?? DurabilityPolicy.Strongest(Math.Max(1, reach));
        var plan = new PlacementPlan
        {
            Class = durability,
            Level = level,
            CopiesRequired = ConsistencyTable.CopiesRequired(durability),
            CopiesBeforeAcknowledgement = ConsistencyTable.CopiesBeforeAcknowledgement(durability, level),
            DependsOnContent = sifted.DependsOnContent,
        };
        if ((sifted.RejectAll() ?? RejectClass(request, plan, reach, sifted)) is { } rejection)
        {
            return plan with { Rejection = rejection };
        }

        var draft = new PlacementDraft(request, sifted, plan);
        draft.TakeBefore();
        if (RejectLevel(request, plan, draft, sifted) is { } early)
        {
            return plan with { Rejection = early };
        }

        draft.TakeOwed();
        return plan with
        {
            BeforeAcknowledgement = [.. draft.Before.Select(candidate => candidate.Location)],
            Owed = [.. draft.Owed.Select(candidate => candidate.Location)],
            Counted = [.. draft.Counted.Select(candidate => candidate.Location)],
            CopiesOwed = Math.Max(0, plan.CopiesRequired - draft.CopiesBefore),
            CopiesUnplaced = Math.Max(0, plan.CopiesRequired - draft.Copies),
            Reason = ReasonOf(request, options, plan, draft, sifted),
        };
    }

    /// <summary>The strongest class that all locations together satisfy: the default of a Store (D3).</summary>
    /// <returns>Null when no location takes anything.</returns>
    public static DurabilityClass? StrongestClass(
        ImmutableArray<PlacementCandidate> candidates, PlacementOptions options)
    {
        var reach = Count(
            candidates.Where(candidate =>
                candidate.State == LocationState.Active && !SiftedCandidates.IsVolatile(candidate)),
            options.FailureDomain);
        return reach == 0 ? null : DurabilityPolicy.Strongest(reach);
    }

    /// <summary>
    /// The location of a tier that is to hold an object: where it is already; else, of those in a failure domain of
    /// their own, the home location or the one that the strategy names.
    /// </summary>
    /// <param name="tier">Where the policy says the object belongs.</param>
    /// <param name="request">What is known of it.</param>
    /// <param name="kept">Where verified copies of it are and stay.</param>
    /// <param name="candidates">All locations.</param>
    /// <param name="options">The settings.</param>
    public static PlacementChoice Within(
        StorageTier tier, PlacementRequest request, ImmutableArray<LocationId> kept,
        ImmutableArray<PlacementCandidate> candidates, PlacementOptions options)
    {
        var level = request.Level ?? ConsistencyTable.LevelFor(request.DataClass);
        var here = candidates.Where(candidate => candidate.Traits.Tier == tier).ToList();
        var held = here.Where(candidate => candidate.State == LocationState.Active
            && kept.Contains(candidate.Location) && request.Regions.WhyNot(candidate.Traits) is null).ToList();
        if (held.Count > 0)
        {
            var first = PlacementOrder.Of(held, candidates, request, options).Ranked[0].Location;
            return new PlacementChoice(first, $"{first} of the tier {tier} holds it already", null);
        }

        var sifted = SiftedCandidates.Of(
            request, level, [.. here.Where(candidate => !kept.Contains(candidate.Location))], options);
        var ranked = PlacementOrder.Of(
            [.. sifted.All.Where(candidate => candidate.IsReachable)], candidates, request, options).Ranked;
        return ranked.IsEmpty
            ? new PlacementChoice(null, "", RejectTier(tier, here.Count, sifted))
            : Choose(tier, ranked, [.. candidates.Where(other => kept.Contains(other.Location))], options);
    }

    /// <summary>A move into a domain that has a copy would lose durability, and look as if it lost none.</summary>
    private static PlacementChoice Choose(
        StorageTier tier, ImmutableArray<PlacementCandidate> ranked, ImmutableArray<PlacementCandidate> kept,
        PlacementOptions options)
    {
        var copies = Count(kept, options.FailureDomain);
        var apart = ranked.Where(candidate =>
            Count(kept.Add(candidate), options.FailureDomain) > copies).ToList();
        var chosen = apart.Find(candidate => candidate.IsHome) ?? apart.FirstOrDefault() ?? ranked[0];
        var how = chosen.IsHome ? "the home location" : $"by {Lower(options.Strategy)} among {ranked.Length}";
        return new PlacementChoice(
            chosen.Location,
            $"{chosen.Location} of the tier {tier}, {how}, "
            + (apart.Count > 0 ? "in a failure domain of its own" : "in a failure domain that has a copy already"),
            null);
    }

    private static Rejection RejectTier(StorageTier tier, int bound, SiftedCandidates sifted)
    {
        if (bound == 0)
        {
            return new Rejection("no-location", $"No location is bound to the tier {tier}. Bind one first.");
        }

        if (sifted.All.Any())
        {
            return new Rejection(
                "locations-unreachable",
                $"No location of the tier {tier} that could take it can be reached now. Try again later.");
        }

        var isRegion = sifted.LeftOut.Any(left => left.Why.Code == "region-denied");
        return new Rejection(
            isRegion ? "region-denied" : "no-location",
            $"No location of the tier {tier} can take it{sifted.Because()}. Bind another one.");
    }

    private static Rejection? RejectClass(
        PlacementRequest request, PlacementPlan plan, int reach, SiftedCandidates sifted) => reach == 0
        ? new Rejection("no-location", "The pools have fewer parts than a copy needs. Bind whole ones.")
        : request.AcceptDebt || DurabilityPolicy.WhyNot(plan.Class, reach) is not { } why
            ? null
            : new Rejection("class-unsatisfied", sifted.LeftOut.IsEmpty ? why : $"{why} Left out{sifted.Because()}.");

    private static Rejection? RejectLevel(
        PlacementRequest request, PlacementPlan plan, PlacementDraft draft, SiftedCandidates sifted)
    {
        if (draft.Copies >= plan.CopiesBeforeAcknowledgement || (request.AcceptDebt && draft.Copies > 0))
        {
            return null;
        }

        var needs = Text($"{plan.Level} of {plan.Class} needs {plan.CopiesBeforeAcknowledgement} copies first ")
            + Text($"and {draft.Copies} can be had now: ");
        var away = sifted.All.Where(candidate => !candidate.IsReachable).ToList();
        return away.Count > 0
            ? new Rejection(
                "locations-unreachable",
                $"{needs}{Names(away)} cannot be reached. Try again later, ask for a weaker level, or accept the debt.")
            : new Rejection(
                "level-unsatisfied",
                $"{needs}the others need a recall, and such a copy counts only later. "
                + "Ask for a weaker level, or accept the debt.");
    }

    private static string ReasonOf(
        PlacementRequest request, PlacementOptions options, PlacementPlan plan, PlacementDraft draft,
        SiftedCandidates sifted)
    {
        var words = new List<string>(8) { SizeMatrix.Home(request.SizeBytes).Reason };
        if (draft.IsAboveTrigger)
        {
            words.Add(ReasonOfTrigger(draft, sifted.Home!));
        }
        else if (sifted.Home is not null)
        {
            words.Add($"{sifted.Home.Location} takes new content first");
        }

        var domain = Lower(options.FailureDomain);
        words.Add(Text(
            $"{plan.Class} requires {plan.CopiesRequired} copies, no two in one {domain}, and gets {draft.Copies}"));
        words.Add(Text(
            $"{plan.Level} requires {plan.CopiesBeforeAcknowledgement} before the answer and gets {draft.CopiesBefore}"
        ));
        words.Add(PatternPolicy.For(request.Pattern).Reason);
        words.Add(ConsistencyTable.ReasonFor(request.DataClass));
        if (sifted.DependsOnContent)
        {
            words.Add($"of those that suit equally well by {Lower(options.Strategy)}");
        }

        if (!request.Regions.IsNone)
        {
            words.Add("the regions of all of them are allowed");
        }

        if (plan.CopiesRequired > draft.Copies)
        {
            words.Add(Text($"the debt of {plan.CopiesRequired - draft.Copies} copies without a place was accepted"));
        }

        if (!sifted.LeftOut.IsEmpty)
        {
            words.Add("left out" + sifted.Because());
        }

        return string.Join("; ", words);
    }

    private static string ReasonOfTrigger(PlacementDraft draft, PlacementCandidate home)
    {
        if (draft.DurableHome is not { } durable)
        {
            return $"no location of the tier Warm takes it, so {home.Location} is its durable home";
        }

        return $"from 1 MiB on the durable home is Warm, {durable.Location}, and {home.Location} keeps "
            + (draft.IsHomeCache
                ? "a cache copy that does not count"
                : "a cache copy that counts until others make up for it");
    }

    private static int Count(IEnumerable<PlacementCandidate> candidates, FailureDomainLevel level) => CopyCount.Of(
        candidates.Select(candidate => new CopyPlace(candidate.Location, candidate.Traits)), level);

    private static string Names(IEnumerable<PlacementCandidate> candidates) => string.Join(
        ", ", candidates.Select(candidate => candidate.Location.Name).Order(StringComparer.Ordinal));

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>A plan while it is made: locations are taken one after another until enough effective copies are there.
/// </summary>
internal sealed class PlacementDraft(
    PlacementRequest request, SiftedCandidates sifted, PlacementPlan plan)
{
    /// <summary>Taken so that they count.</summary>
    public List<PlacementCandidate> Counted { get; } = [];

    /// <summary>Before the acknowledgement, in order.</summary>
    public List<PlacementCandidate> Before { get; } = [];

    public List<PlacementCandidate> Owed { get; } = [];

    /// <summary>Effective copies of those that count.</summary>
    public int Copies { get; private set; }

    /// <summary>Where large content is durable while the home location keeps a cache copy (D5).</summary>
    public PlacementCandidate? DurableHome { get; private set; }

    public bool IsHomeCache => sifted.Home is not null && !Counted.Contains(sifted.Home);

    public bool IsAboveTrigger =>
        request.SizeBytes >= PlacementOptions.SizeTriggerBytes && sifted.Home is { Traits.Tier: StorageTier.Hot };

    /// <summary>Effective copies at the acknowledgement; known once what is owed was taken too.</summary>
    public int CopiesBefore => sifted.Count(Counted.Where(Before.Contains));

    /// <summary>Takes what the level requires; <see cref="Copies"/> says how far that went.</summary>
    public void TakeBefore()
    {
        var now = sifted.Others.Where(CanCountNow).ToList();
        DurableHome = !IsAboveTrigger
            ? null
            : now.Find(candidate => candidate.Traits.Tier == StorageTier.Warm)
                ?? sifted.Others.FirstOrDefault(candidate => candidate.Traits.Tier == StorageTier.Warm);
        if (DurableHome is not null && CanCountNow(DurableHome))
        {
            Take(DurableHome, Before);
        }
        else if (sifted.Home is not null)
        {
            Take(sifted.Home, Before);
        }

        TakeUpTo(plan.CopiesBeforeAcknowledgement, now, Before);
        if (sifted.Home is null)
        {
            return;
        }

        if (Copies < plan.CopiesBeforeAcknowledgement)
        {
            Take(sifted.Home, Before);
        }

        // Counted or not, the journal's own log has it first.
        Before.Remove(sifted.Home);
        Before.Insert(0, sifted.Home);
    }

    /// <summary>Takes the rest that the class requires, and what the size asks for beside it.</summary>
    public void TakeOwed()
    {
        if (DurableHome is not null && !Before.Contains(DurableHome) && !Take(DurableHome, Owed))
        {
            Owed.Add(DurableHome);
        }

        // The cache copy counts only when the class cannot be had without it: it will be given up first.
        var rest = sifted.Others.Where(candidate => !Before.Contains(candidate) && !Owed.Contains(candidate)).ToList();
        if (sifted.Home is not null && sifted.Count(Counted.Concat(rest)) < plan.CopiesRequired)
        {
            Take(sifted.Home, null);
        }

        TakeUpTo(plan.CopiesRequired, rest, Owed);
        if (SizeMatrix.Home(request.SizeBytes).Home == SizeHome.ObjectStoreAndExternal
            && !Before.Concat(Owed).Any(IsExternal)
            && sifted.Others.FirstOrDefault(IsExternal) is { } external)
        {
            Owed.Add(external);
        }
    }

    /// <summary>Kept by somebody else, as the size matrix wants it above 1 GiB (D4).</summary>
    private static bool IsExternal(PlacementCandidate candidate) => candidate.Traits.Provider is not null;

    /// <summary>A copy that has to be recalled, or cannot be reached, is no copy that an answer may stand on.</summary>
    private static bool CanCountNow(PlacementCandidate candidate) =>
        candidate.IsReachable && !candidate.Traits.Capabilities.HasFlag(LocationCapabilities.NeedsRecall);

    private void TakeUpTo(int copies, List<PlacementCandidate> candidates, List<PlacementCandidate> list)
    {
        foreach (var candidate in candidates.TakeWhile(_ => Copies < copies))
        {
            Take(candidate, list);
        }

        // Spread copies that overlap may raise the count only together. Without a hope of reaching it nothing is taken
        // that would not count.
        if (Copies < copies && sifted.Count(Counted.Union(candidates)) >= copies)
        {
            TakeTogether(copies, candidates, list);
        }
    }

    /// <summary>
    /// Takes one after another until the count is reached, then gives back, last asked first, those without whom it
    /// still is: on the way to it nobody can tell who will count, so a second copy in one domain is taken as well.
    /// </summary>
    private void TakeTogether(int copies, List<PlacementCandidate> candidates, List<PlacementCandidate> list)
    {
        var taken = new List<PlacementCandidate>();
        foreach (var candidate in candidates.Except(Counted).TakeWhile(_ => Copies < copies))
        {
            Add(candidate, list);
            taken.Add(candidate);
        }

        taken.Reverse();
        foreach (var candidate in taken)
        {
            if (sifted.Count(Counted.Where(other => !ReferenceEquals(other, candidate))) >= copies)
            {
                Counted.Remove(candidate);
                list.Remove(candidate);
            }
        }

        Copies = sifted.Count(Counted);
    }

    /// <returns>Whether it counts: it was not taken before and is not in a domain that has a copy.</returns>
    private bool Take(PlacementCandidate candidate, List<PlacementCandidate>? list)
    {
        if (Counted.Contains(candidate) || sifted.Count(Counted.Append(candidate)) <= Copies)
        {
            return false;
        }

        Add(candidate, list);
        return true;
    }

    private void Add(PlacementCandidate candidate, List<PlacementCandidate>? list)
    {
        Counted.Add(candidate);
        Copies = sifted.Count(Counted);
        list?.Add(candidate);
    }
}

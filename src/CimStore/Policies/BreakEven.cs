using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>
/// What a move to a colder tier costs and saves within a horizon, in US dollars. That the object may move on or be
/// deleted before the horizon is not foreseen.
/// </summary>
/// <param name="KeepSaved">Keeping here less keeping there.</param>
/// <param name="MoveCost">Reading it here and writing it there.</param>
/// <param name="ReadsCost">By how much the reads to be expected are dearer there.</param>
/// <param name="EarlyCost">What the source charges for the rest of its minimum days.</param>
internal readonly record struct BreakEven(
    double KeepSaved, double MoveCost, double ReadsCost, double EarlyCost, double HorizonDays)
{
    /// <summary>
    /// Once true it stays true while the object is not read: reads to be expected and minimum days left only fall, and
    /// the sum is taken so that rounding keeps their order. That is why reads that are cheaper at the colder tier are
    /// not counted as earned. The due date rests on it.
    /// </summary>
    public bool Pays => KeepSaved - MoveCost - ReadsCost - EarlyCost >= 0;

    /// <returns>
    /// Null when there is nothing to judge: the policy asks for no judgement, or one of the tiers has no price.
    /// </returns>
    public static BreakEven? Of(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, StorageTier target,
        long nowTicks)
    {
        if (policy.BreakEvenWithin is not { } within
            || environment.Find(facts.Tier)?.Cost is not { } here || here == LocationCost.Free
            || environment.Find(target)?.Cost is not { } there || there == LocationCost.Free)
        {
            return null;
        }

        var days = Math.Max(within.TotalDays, there.DaysMin);
        var dearer = Math.Max(0, Dollars.Read(there, facts.SizeBytes) - Dollars.Read(here, facts.SizeBytes));
        return new BreakEven(
            (Dollars.KeepPerDay(here, facts.SizeBytes) - Dollars.KeepPerDay(there, facts.SizeBytes)) * days,
            Dollars.Read(here, facts.SizeBytes) + Dollars.Write(there),
            facts.PerDay(policy, nowTicks) * dearer * days,
            Dollars.LeaveEarly(here, facts.SizeBytes, facts.TierSince.UtcTicks, nowTicks),
            days);
    }
}

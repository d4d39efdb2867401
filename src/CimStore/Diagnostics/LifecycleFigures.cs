namespace CimStore.Diagnostics;

/// <summary>What the last cycle knew of what is owed, due and proved: for gauges, which must cost nothing.</summary>
/// <param name="OldestDebt">How long the oldest debt has been one; zero when there is none.</param>
/// <param name="ObjectsOwed">Objects that owe copies or parts, up to what a cycle counts.</param>
/// <param name="UnderReplicated">Those among them that have fewer copies than their class requires.</param>
/// <param name="DueAge">How long the object that waits longest for a decision is due; zero when none is.</param>
/// <param name="Coverage">The share of copies that were proved within the scrub cycle; null without copies.</param>
/// <param name="OldestProof">How long ago the copy was proved that waits longest; null without copies.</param>
public sealed record LifecycleFigures(
    TimeSpan OldestDebt, int ObjectsOwed, int UnderReplicated, TimeSpan DueAge, double? Coverage,
    TimeSpan? OldestProof);

using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>Make the catalog again from what a location holds.</summary>
/// <param name="From">The location.</param>
/// <param name="Proves">
/// Every copy is read and proved before it is admitted. Without it the header alone is believed, and the scrub proves
/// those copies before any others.
/// </param>
/// <param name="IsRehearsal">Nothing is admitted: the verdicts are what they would be.</param>
public sealed record RebuildRequest(LocationId From, bool Proves = true, bool IsRehearsal = false);

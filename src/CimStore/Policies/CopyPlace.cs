using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>
/// Where a verified copy lies. A spread copy that still owes parts is named with the parts it has:
/// <c>traits with { Parts = [...] }</c>.
/// </summary>
public readonly record struct CopyPlace(LocationId Location, LocationTraits Traits);

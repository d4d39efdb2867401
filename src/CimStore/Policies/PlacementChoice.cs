using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>Which location of a tier holds an object, and why; or why none does.</summary>
/// <param name="Location">Null when it was refused.</param>
/// <param name="Reason">In words; empty when it was refused.</param>
/// <param name="Rejection">Null when a location was found.</param>
public sealed record PlacementChoice(LocationId? Location, string Reason, Rejection? Rejection);

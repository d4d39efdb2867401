using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>
/// The copy to be given up, and the record that this was decided on: who comes late finds another revision or
/// incarnation and can never take a newer copy.
/// </summary>
public readonly record struct CopyRelease(LocationId Location, ulong Incarnation, Lsn Revision);

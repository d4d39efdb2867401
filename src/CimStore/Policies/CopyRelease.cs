using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>
/// The copy to be given up, and the record that this was decided on: who comes late finds another revision or
/// incarnation and can never take a newer copy.
/// </summary>
public readonly record struct CopyRelease(LocationId Location, ulong Incarnation, Lsn Revision)
{
    /// <summary>
    /// It goes for want of space alone, the weakest reason of all (D19): then no lock gives way, and a debt is no
    /// excuse for another one.
    /// </summary>
    public bool IsForSpace { get; init; }
}

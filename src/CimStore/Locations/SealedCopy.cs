namespace CimStore.Locations;

/// <summary>What is true of a copy once it is sealed.</summary>
/// <param name="Incarnation">
/// Tells this copy from an older one at the same place. Zero where the journal's own log is the location: there it is
/// the position of the entry that admits the copy.
/// </param>
/// <param name="Parts">How many parts of it were written; 1 where a location is one place.</param>
/// <param name="Header">How it is stored there.</param>
/// <param name="Synced">Whether they are fsync'd, or the backend's stated equivalent.</param>
public readonly record struct SealedCopy(ulong Incarnation, int Parts, CopyHeader Header, bool Synced);

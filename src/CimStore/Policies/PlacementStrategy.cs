namespace CimStore.Policies;

/// <summary>How one of several locations that suit equally well is chosen.</summary>
public enum PlacementStrategy : byte
{
    /// <summary>
    /// By the highest random weight of content and location: each gets its share, and with one of n gone only what was
    /// there moves.
    /// </summary>
    Rendezvous = 0,

    /// <summary>
    /// By the digest's first bytes: each of a tier's locations, in the order of their names, has one range. What lies
    /// together in the order of digests lies at one location; when a location comes or goes most ranges shift.
    /// </summary>
    Range = 1,

    /// <summary>The request's region first, then regions whose names begin alike, then by random weight.</summary>
    Geographic = 2,
}

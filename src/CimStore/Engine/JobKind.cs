namespace CimStore.Engine;

/// <summary>What a job does.</summary>
public enum JobKind : byte
{
    /// <summary>Moves every copy off a location.</summary>
    Drain = 0,

    /// <summary>Makes copies until so many are there.</summary>
    Replicate = 1,

    /// <summary>Proves every byte of every copy, due or not, and mends what is wrong.</summary>
    Scrub = 2,

    /// <summary>Makes the copies and parts that are owed, due or not.</summary>
    Repair = 3,
}

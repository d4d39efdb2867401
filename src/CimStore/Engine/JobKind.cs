namespace CimStore.Engine;

/// <summary>What a job does.</summary>
public enum JobKind : byte
{
    /// <summary>Moves every copy off a location.</summary>
    Drain = 0,

    /// <summary>Makes copies until so many are there.</summary>
    Replicate = 1,
}

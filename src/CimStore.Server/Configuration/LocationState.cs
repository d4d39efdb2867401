namespace CimStore.Server.Configuration;

/// <summary>What an operator wants of a location.</summary>
public enum LocationState : byte
{
    /// <summary>It is given new copies.</summary>
    Active = 0,

    /// <summary>It is given nothing new, and what it holds moves elsewhere.</summary>
    Draining = 1,

    /// <summary>Nothing new, and nothing is read from it; what it still held is repaired elsewhere.</summary>
    Retired = 2,
}

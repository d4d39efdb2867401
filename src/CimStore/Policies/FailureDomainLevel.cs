namespace CimStore.Policies;

/// <summary>What is taken to fail as one, narrowest first; each is the name of a location's label.</summary>
public enum FailureDomainLevel : byte
{
    Device = 0,
    Node = 1,
    Rack = 2,
    Zone = 3,
    Region = 4,
}

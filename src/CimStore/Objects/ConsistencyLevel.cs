namespace CimStore.Objects;

/// <summary>What must be true before a Store is acknowledged (D12), strongest first.</summary>
public enum ConsistencyLevel : byte
{
    Strong = 0,
    Quorum = 1,
    Causal = 2,
    ReadYourWrites = 3,
    Eventual = 4,
}

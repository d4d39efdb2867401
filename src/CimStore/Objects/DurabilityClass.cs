namespace CimStore.Objects;

/// <summary>How many verified copies in distinct failure domains an object needs (D3): 1, 2, 3.</summary>
public enum DurabilityClass : byte
{
    Ephemeral = 1,
    Standard = 2,
    Critical = 3,
}

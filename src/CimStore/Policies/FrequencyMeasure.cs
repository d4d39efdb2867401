namespace CimStore.Policies;

/// <summary>What a policy takes for an object's reads a day (D7).</summary>
public enum FrequencyMeasure
{
    /// <summary>All reads ever / max(age in days, 1), as the seed says: once popular is long popular.</summary>
    Lifetime,

    /// <summary>The decayed rate: what is read lately.</summary>
    Decayed,
}

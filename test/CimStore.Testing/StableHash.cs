namespace CimStore.Testing;

/// <summary>The same in every process, which <see cref="object.GetHashCode"/> is not: plans of faults need it.
/// </summary>
internal static class StableHash
{
    /// <summary>FNV-1a.</summary>
    public static uint Of(string text)
    {
        var hash = 2166136261u;
        foreach (var letter in text)
        {
            hash = (hash ^ letter) * 16777619;
        }

        return hash ^ (hash >> 15);
    }
}

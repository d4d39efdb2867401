namespace CimStore.Policies;

/// <summary>Sizes from the first on and below the second; null is without end.</summary>
public readonly record struct SizeRange(long FromBytes, long? BelowBytes)
{
    public bool Contains(long sizeBytes) =>
        sizeBytes >= FromBytes && (BelowBytes is not { } below || sizeBytes < below);
}

namespace CimStore.Policies;

/// <summary>Ages from <paramref name="From"/> on and below <paramref name="Below"/>; null is without end.</summary>
public readonly record struct AgeRange(TimeSpan From, TimeSpan? Below)
{
    public bool Contains(TimeSpan age) => age >= From && (Below is not { } below || age < below);
}

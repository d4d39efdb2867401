namespace CimStore.Locations;

/// <summary>A copy as its location holds it, in the words of its own header.</summary>
/// <param name="Parts">How many of its parts the location knows of.</param>
public sealed record HeldCopy(CopyManifest Manifest, DateTimeOffset Created, int Parts)
{
    /// <summary>
    /// Why none of its parts says what it is; null when one does. With a fault only key and incarnation are known.
    /// </summary>
    public string? Fault { get; init; }
}

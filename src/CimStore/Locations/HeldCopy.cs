namespace CimStore.Locations;

/// <summary>A copy as its location holds it, in the words of its own header.</summary>
/// <param name="Parts">How many of its parts are there; a list tells how many are known of, without looking.</param>
public sealed record HeldCopy(CopyManifest Manifest, DateTimeOffset Created, int Parts)
{
    /// <summary>
    /// Why the copy cannot be had: none of its parts says what it is (then only key and incarnation are known), or too
    /// few of them are there. Null when neither is known.
    /// </summary>
    public string? Fault { get; init; }
}

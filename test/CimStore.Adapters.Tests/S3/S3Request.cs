namespace CimStore.Adapters.Tests.S3;

/// <summary>A request that came by.</summary>
/// <param name="Method">As HTTP calls it.</param>
/// <param name="Target">Path and query, as they were sent.</param>
/// <param name="BodyBytes">How much it carried.</param>
public sealed record S3Request(string Method, string Target, int BodyBytes)
{
    public bool IsPart => Method == "PUT" && Target.Contains("partNumber=", StringComparison.Ordinal);

    /// <summary>The bytes of a copy, not those of its tree or of a probe.</summary>
    public bool IsOfContent => Target.Contains("/store/c/", StringComparison.Ordinal);

    public bool Is(string method) => Method == method && IsOfContent;
}

namespace CimStore.Server.Http;

/// <summary>Content never changes under its CID; where a token is asked for, shared caches must not keep it.</summary>
internal sealed class CachePolicy(bool isPrivate)
{
    public string Content { get; } = isPrivate
        ? "private, max-age=31536000, immutable"
        : "public, max-age=31536000, immutable";
}

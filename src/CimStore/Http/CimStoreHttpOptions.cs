namespace CimStore.Http;

/// <summary>How a client reaches a node.</summary>
public sealed class CimStoreHttpOptions
{
    public const string Section = "CimStore:Http";

    /// <summary>The node's address; <c>http</c> or <c>https</c>, without a path.</summary>
    public Uri Address
    {
        get;
        set => field = value is { IsAbsoluteUri: true, Scheme: "http" or "https" }
            ? value
            : throw new ArgumentException("A node's address is an absolute http or https URI.");
    } = new("http://127.0.0.1:9640");

    /// <summary>The bearer token; null for a node that asks for none.</summary>
    public Secret? Token { get; set; }

    /// <summary>How long to wait for a connection; a node that is down is told apart from one that is slow.</summary>
    public TimeSpan ConnectTimeout
    {
        get;
        set => field = value > TimeSpan.Zero && value <= TimeSpan.FromMinutes(5)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(value), "A connect timeout is above 0 and at most 5 minutes.");
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often a broken read or feed is taken up again without progress before the caller hears of it.
    /// </summary>
    public int ResumesMax
    {
        get;
        set => field = value is >= 0 and <= 1000
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), "Resumes are 0..1000.");
    } = 5;
}

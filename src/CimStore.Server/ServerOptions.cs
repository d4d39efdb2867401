using CimStore.Http;

namespace CimStore.Server;

/// <summary>Everything a node can be told. An options object that exists is valid by itself; <see cref="Exposure"/>
/// checks what only shows in combination.</summary>
public sealed class ServerOptions
{
    public const string Section = "CimStore:Server";
    public const string DefaultListen = "http://127.0.0.1:9640";
    public const int ListenMax = 16;

    /// <summary>The data directory; what opens it decides on a default.</summary>
    public string? DataDirectory { get; set; }

    /// <summary>Addresses to listen on; port 0 takes a free one.</summary>
    public IList<string> Listen { get; set; } = [];

    /// <summary>A PEM file with the certificate chain, or a PKCS #12 file; needed for <c>https</c>.</summary>
    public string? CertificatePath { get; set; }

    /// <summary>The PEM file of the private key when it is not in <see cref="CertificatePath"/>.</summary>
    public string? CertificateKeyPath { get; set; }

    /// <summary>
    /// The bearer token every request must carry, as <c>env:NAME</c> or <c>file:PATH</c>; null asks for none.
    /// </summary>
    public string? TokenReference { get; set; }

    /// <summary>Accept to listen beyond loopback without TLS or token (D38).</summary>
    public bool Insecure { get; set; }

    /// <summary>
    /// How often content over its grace is released and its space given back; zero never does, which is for who runs
    /// <c>cimstore gc</c> by a clock of their own. An hour: space comes back within the day that the grace lasts.
    /// </summary>
    public TimeSpan CollectInterval
    {
        get;
        set => field = value == TimeSpan.Zero
            ? value
            : Limit.Between(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7));
    } = TimeSpan.FromHours(1);

    /// <summary>
    /// How many <c>storage.retrieved</c> events are journaled at each <see cref="CollectInterval"/> and at the end, for
    /// the contents read most; zero counts no reads. 256 x 24 x 350 bytes = 2 MB a day at most.
    /// </summary>
    public int ReadEventsMax { get; set => field = Limit.Between(value, 0, 4096); } = 256;

    /// <summary>
    /// The rule file that translates other contexts' events (docs/translation.md); null translates none.
    /// </summary>
    public string? Translation { get; set; }

    public ServerLimits Limits { get; set; } = new();

    /// <summary>The addresses, or the default one.</summary>
    public IReadOnlyList<string> EffectiveListen() => Listen.Count == 0 ? [DefaultListen] : [.. Listen];

    public Secret? ReadToken() => TokenReference is null ? null : Secret.FromReference(TokenReference);
}

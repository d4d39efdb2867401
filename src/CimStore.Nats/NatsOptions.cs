namespace CimStore.Nats;

/// <summary>How a NATS server, or a cluster of them, is reached. What exists is valid: setters check.</summary>
public sealed class NatsOptions
{
    /// <summary>One of a cluster suffices: it names the others.</summary>
    public IReadOnlyList<Uri> Servers
    {
        get;
        set => field = value is { Count: > 0 } && value.All(static uri => uri.Scheme is "nats" or "tls")
            ? value
            : throw new ArgumentException("Servers must be one or more nats://HOST:PORT or tls://HOST:PORT.");
    } = [new Uri("nats://127.0.0.1:4222")];

    /// <summary>What the servers' monitoring shows of this connection.</summary>
    public string Name { get; set; } = "cimstore";

    /// <summary>How it says who it is; null for a server that does not ask.</summary>
    public NatsCredential? Credential { get; set; }

    /// <summary>PEM file of the authority that signed the server's certificate; null for the system's.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>PEM file of the certificate that the server asks of clients.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM file of that certificate's key.</summary>
    public string? CertificateKeyFile { get; set; }

    /// <summary>JetStream's domain, for servers behind a leaf node; null for none.</summary>
    public string? Domain { get; set; }

    /// <summary>How long connecting may take.</summary>
    public TimeSpan ConnectTimeout
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5));
    } = TimeSpan.FromSeconds(5);

    /// <summary>How long one request may take. An election of a stream's leader takes some seconds.</summary>
    public TimeSpan RequestTimeout
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5));
    } = TimeSpan.FromSeconds(5);
}

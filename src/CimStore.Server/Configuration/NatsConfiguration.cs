using CimStore.Http;
using CimStore.Nats;
using CimStore.Nats.Commands;
using CimStore.Nats.Events;
using CimStore.Nats.Foreign;

namespace CimStore.Server.Configuration;

/// <summary>What the section <c>nats</c> of the file says. What exists was checked; secrets are references still.
/// </summary>
public sealed record NatsConfiguration
{
    /// <summary>One of a cluster suffices.</summary>
    public required IReadOnlyList<Uri> Servers { get; init; }

    public string? User { get; init; }

    public string? PasswordReference { get; init; }

    public string? TokenReference { get; init; }

    public string? SeedReference { get; init; }

    public string? CredentialsPath { get; init; }

    public string? AuthorityPath { get; init; }

    public string? CertificatePath { get; init; }

    public string? CertificateKeyPath { get; init; }

    public string? Domain { get; init; }

    /// <summary>Answers commands.</summary>
    public bool Commands { get; init; } = true;

    /// <summary>Publishes the journal.</summary>
    public bool Events { get; init; } = true;

    /// <summary>Null for a node whose journal is its own.</summary>
    public ClusterConfiguration? Cluster { get; init; }

    /// <summary>Takes events of other contexts by the translation rules.</summary>
    public bool Foreign { get; init; }

    public StorageServiceOptions Service { get; init; } = new();

    public EventOutboxOptions Outbox { get; init; } = new();

    public ForeignIntakeOptions Intake { get; init; } = new();

    /// <summary>Reads the secrets.</summary>
    /// <param name="name">What the servers' monitoring shows.</param>
    /// <exception cref="ArgumentException">A secret is absent.</exception>
    public NatsOptions ToOptions(string name) => new()
    {
        Servers = Servers,
        Name = name,
        Credential = Credential(),
        AuthorityFile = AuthorityPath,
        CertificateFile = CertificatePath,
        CertificateKeyFile = CertificateKeyPath,
        Domain = Domain,
    };

    private NatsCredential? Credential() => this switch
    {
        { User: { } user, PasswordReference: { } password } =>
            new NatsCredential.Password(user, Secret.FromReference(password)),
        { TokenReference: { } token } => new NatsCredential.Token(Secret.FromReference(token)),
        { SeedReference: { } seed } => new NatsCredential.NKey(Secret.FromReference(seed)),
        { CredentialsPath: { } path } => new NatsCredential.CredsFile(path),
        _ => null,
    };
}

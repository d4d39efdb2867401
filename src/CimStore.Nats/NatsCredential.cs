using CimStore.Http;

namespace CimStore.Nats;

/// <summary>How a client says who it is. Closed: one of what a NATS server asks for.</summary>
public abstract record NatsCredential
{
    private NatsCredential()
    {
    }

    public sealed record Password(string User, Secret Value) : NatsCredential;

    public sealed record Token(Secret Value) : NatsCredential;

    /// <summary>An Ed25519 key: the seed signs what the server sends, and never leaves this process.</summary>
    public sealed record NKey(Secret Seed) : NatsCredential;

    /// <summary>A file with a user's JWT and seed, as the server's operator hands it out.</summary>
    public sealed record CredsFile(string Path) : NatsCredential;
}

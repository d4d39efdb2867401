using CimStore.Locations;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace CimStore.Nats;

/// <summary>
/// One connection to a NATS server or cluster, shared by whatever of this project uses it. It reconnects by itself;
/// what was asked meanwhile waits or fails by its own deadline.
/// </summary>
public sealed class NatsLink : IAsyncDisposable
{
    private readonly NatsConnection _connection;

    private NatsLink(NatsConnection connection, NatsOptions options)
    {
        _connection = connection;
        Options = options;
        JetStream = new NatsJSContext(
            connection,
            new NatsJSOpts(connection.Opts, domain: options.Domain, requestTimeout: options.RequestTimeout));
    }

    internal INatsConnection Connection => _connection;

    internal NatsJSContext JetStream { get; }

    internal NatsOptions Options { get; }

    /// <summary>What the server it is connected to says of itself; another one of the cluster may differ.</summary>
    public ServerFacts Server => ServerFacts.Of(_connection);

    public bool IsConnected => _connection.ConnectionState == NatsConnectionState.Open;

    /// <exception cref="LocationException">
    /// <see cref="LocationFault.Offline"/>: no server answered, or it refused; the message names the cause.
    /// </exception>
    public static async ValueTask<NatsLink> OpenAsync(
        NatsOptions options, ILoggerFactory? logging, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var connection = new NatsConnection(OptionsOf(options, logging));
        try
        {
            // Once by hand, so that a wrong address or password is told now, and not by a reconnect loop's log.
            await connection.ConnectAsync().AsTask().WaitAsync(options.ConnectTimeout, cancellationToken);
            return new NatsLink(connection, options);
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure) || failure is ArgumentException or IOException)
        {
            await connection.DisposeAsync();
            throw new LocationException(
                LocationFault.Offline,
                $"NATS at {string.Join(", ", options.Servers)}: {NatsFaults.CauseOf(failure)}", failure);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="LocationException">The server keeps no streams.</exception>
    public void RequireJetStream()
    {
        if (!Server.HasJetStream)
        {
            throw new LocationException(
                LocationFault.Offline,
                $"NATS at {string.Join(", ", Options.Servers)}: JetStream is not enabled there. Start the server with "
                + "'jetstream { store_dir: ... }' in its configuration.");
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static NatsOpts OptionsOf(NatsOptions options, ILoggerFactory? logging)
    {
        var usesTls = options.AuthorityFile is not null || options.CertificateFile is not null
            || options.Servers.Any(static uri => uri.Scheme == "tls");
        var opts = NatsOpts.Default with
        {
            Url = string.Join(',', options.Servers.Select(static uri => uri.GetComponents(
                UriComponents.SchemeAndServer, UriFormat.UriEscaped))),
            Name = options.Name,
            ConnectTimeout = options.ConnectTimeout,
            RequestTimeout = options.RequestTimeout,
            CommandTimeout = options.RequestTimeout,
            MaxReconnectRetry = -1,
            AuthOpts = AuthOf(options.Credential),
            TlsOpts = new NatsTlsOpts
            {
                Mode = usesTls ? TlsMode.Require : TlsMode.Auto,
                CaFile = options.AuthorityFile,
                CertFile = options.CertificateFile,
                KeyFile = options.CertificateKeyFile,
            },
        };
        return logging is null ? opts : opts with { LoggerFactory = logging };
    }

    private static NatsAuthOpts AuthOf(NatsCredential? credential) => credential switch
    {
        NatsCredential.Password password => new NatsAuthOpts
        {
            Username = password.User,
            Password = password.Value.Reveal(),
        },
        NatsCredential.Token token => new NatsAuthOpts { Token = token.Value.Reveal() },
        NatsCredential.NKey key => new NatsAuthOpts { Seed = key.Seed.Reveal(), NKey = PublicKeyOf(key.Seed) },
        NatsCredential.CredsFile creds => new NatsAuthOpts { CredsFile = creds.Path },
        _ => NatsAuthOpts.Default,
    };

    private static string PublicKeyOf(Http.Secret seed) =>
        NATS.NKeys.KeyPair.FromSeed(seed.Reveal()).GetPublicKey();
}

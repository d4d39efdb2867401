using System.CommandLine;
using CimStore.Cli.Storage;
using CimStore.Server;
using CimStore.Server.Configuration;

namespace CimStore.Cli.Terminal;

/// <summary>
/// What one run of a command has at hand: its options, its streams, the clock, and the store it opened.
/// </summary>
internal sealed class CliSession(ParseResult parsed) : IAsyncDisposable
{
    private const string ConfigurationVariable = "CIMSTORE_CONFIG";

    private StoreConnection? _connection;

    public OutputLines Out { get; } = new(new StandardOutput());

    public TimeProvider Time => field ??= ShiftedTime.FromEnvironment(Environment.GetEnvironmentVariable);

    public bool IsJson { get; } = parsed.GetValue(CommonOptions.Json);

    public bool IsVerbose { get; } = parsed.GetValue(CommonOptions.Verbose);

    public bool ForcesUnsafe { get; } = parsed.GetValue(CommonOptions.ForceUnsafe);

    /// <summary>Whether a person is looking: progress and tables are for them only.</summary>
    public bool IsInteractive { get; } =
        !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";

    public StoreAddress Address => field ??= StoreAddress.Resolve(
        parsed.GetValue(CommonOptions.Data), parsed.GetValue(CommonOptions.Server), Environment.GetEnvironmentVariable);

    /// <summary>What the configuration file says; without one, what holds by default.</summary>
    public NodeConfiguration Configured
    {
        get
        {
            if (field is null)
            {
                IsConfigured = ConfigurationFile is not null;
                try
                {
                    field = ServerConfiguration.ReadNode(ConfigurationFile);
                }
                catch (ArgumentException exception)
                {
                    throw CliException.Usage(exception.Message);
                }
            }

            return field;
        }
    }

    /// <summary>The file that was named; null where none was.</summary>
    public string? ConfigurationFile
    {
        get
        {
            var file = parsed.GetValue(CommonOptions.Configuration)
                ?? Environment.GetEnvironmentVariable(ConfigurationVariable);
            return string.IsNullOrEmpty(file) ? null : file;
        }
    }

    /// <summary>Whether there is a file; known once it was read.</summary>
    public bool IsConfigured { get; private set; }

    public T Value<T>(Option<T> option) => parsed.GetValue(option)!;

    public T Value<T>(Argument<T> argument) => parsed.GetValue(argument)!;

    public bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>
    /// Opens the store once: the node when one is named or holds the data directory, else the directory.
    /// </summary>
    public async ValueTask<StoreConnection> OpenAsync(CancellationToken cancellationToken) =>
        _connection ??= await StoreConnection.OpenAsync(this, mayCreate: false, cancellationToken);

    /// <summary>The same, but a data directory that is not there yet is made.</summary>
    public async ValueTask<StoreConnection> OpenOrCreateAsync(CancellationToken cancellationToken) =>
        _connection ??= await StoreConnection.OpenAsync(this, mayCreate: true, cancellationToken);

    /// <summary>One line for a person, on standard error.</summary>
#pragma warning disable CA1822 // It belongs to the session like the other streams.
    public void Say(string line) => Console.Error.WriteLine(line);
#pragma warning restore CA1822

    public void SayMore(string line)
    {
        if (IsVerbose)
        {
            Say(line);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }
    }
}

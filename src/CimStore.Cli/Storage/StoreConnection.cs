using CimStore.Cli.Terminal;
using CimStore.Engine;

namespace CimStore.Cli.Storage;

/// <summary>The store that a command works on: a node over HTTP, or the data directory in this process.</summary>
internal sealed class StoreConnection(IStorageClient client, string where) : IAsyncDisposable
{
    public IStorageClient Client { get; } = client;

    /// <summary>The node's address or the data directory, for messages.</summary>
    public string Where { get; } = where;

    public static ValueTask<StoreConnection> OpenAsync(
        CliSession session, bool mayCreate, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        throw new CliException(ExitCode.LocationFailed, $"{session.Address} cannot be opened yet ({mayCreate}).");
    }

    public ValueTask DisposeAsync() => Client.DisposeAsync();
}

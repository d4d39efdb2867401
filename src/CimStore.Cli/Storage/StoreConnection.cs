using CimStore.Cli.Terminal;
using CimStore.Engine;
using CimStore.Journal;

namespace CimStore.Cli.Storage;

/// <summary>The store that a command works on: a node over HTTP, or the data directory in this process.</summary>
internal sealed class StoreConnection(IStorageClient client, string where, IStoreMaintenance? maintenance)
    : IAsyncDisposable
{
    public IStorageClient Client { get; } = client;

    /// <summary>The node's address or the data directory, for messages.</summary>
    public string Where { get; } = where;

    /// <summary>A node answers: others may change the store while the command runs.</summary>
    public bool IsShared => maintenance is null;

    public static ValueTask<StoreConnection> OpenAsync(
        CliSession session, bool mayCreate, CancellationToken cancellationToken) =>
        OpenDirectoryAsync(session, session.Address.DataDirectory + (mayCreate ? "" : "/"), cancellationToken);

    public static ValueTask<StoreConnection> OpenDirectoryAsync(
        CliSession session, string directory, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        session.SayMore($"opening {directory}");
        throw new CliException(ExitCode.LocationFailed, $"{directory} cannot be opened: the engine is not here yet.");
    }

    /// <summary>Gives back the space of released content.</summary>
    public ValueTask<long> CollectAsync(CancellationToken cancellationToken) => maintenance is null
        ? throw new CliException(
            ExitCode.Refused, $"The node at {Where} gives back space by itself; gc is for a directory no node serves.")
        : maintenance.CompactAsync(cancellationToken);

    public long BytesWritten()
    {
        var written = maintenance?.BytesWritten ?? new BytesWritten(0, 0, 0, 0);
        return written.Log + written.LargeContent + written.Index + written.PreWriting;
    }

    public ValueTask DisposeAsync() => Client.DisposeAsync();
}

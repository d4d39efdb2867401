using CimStore.Cli.Terminal;

namespace CimStore.Cli.Storage;

/// <summary>A directory on the disk of the data directory for measurements; removed with all it holds.</summary>
internal sealed class ScratchStore : IAsyncDisposable
{
    private int _count;

    private ScratchStore(string path) => Path = path;

    public string Path { get; }

    public static ScratchStore Beside(string dataDirectory)
    {
        var parent = System.IO.Path.GetDirectoryName(dataDirectory);
        while (parent is not null && !Directory.Exists(parent))
        {
            parent = System.IO.Path.GetDirectoryName(parent);
        }

        var path = System.IO.Path.Combine(parent ?? "/", $".cimstore-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(path);
        return new ScratchStore(path);
    }

    /// <summary>An empty store; the one before is removed, so that the disk holds one case at a time.</summary>
    public ValueTask<StoreConnection> OpenFreshAsync(CliSession session, CancellationToken cancellationToken)
    {
        Clear();
        var directory = System.IO.Path.Combine(Path, $"{++_count}");
        return StoreConnection.OpenDirectoryAsync(session, directory, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        Clear();
        Directory.Delete(Path);
        return ValueTask.CompletedTask;
    }

    private void Clear()
    {
        foreach (var directory in Directory.EnumerateDirectories(Path))
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}

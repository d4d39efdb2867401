namespace CimStore.Bench.Store;

/// <summary>A fresh directory on the disk under test, removed when the turn is over.</summary>
internal sealed class BenchFolder : IDisposable
{
    private static int _made;

    public BenchFolder(string parent)
    {
        var name = $"{Environment.ProcessId}-{Interlocked.Increment(ref _made)}";
        Path = Directory.CreateDirectory(System.IO.Path.Combine(parent, name)).FullName;
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

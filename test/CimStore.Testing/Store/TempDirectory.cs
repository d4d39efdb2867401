namespace CimStore.Testing.Store;

/// <summary>A directory of its own for one test, gone with it.</summary>
internal sealed class TempDirectory : IDisposable
{
    private const string MemoryRoot = "/dev/shm";

    public TempDirectory()
        : this(Directory.CreateTempSubdirectory("cimstore-").FullName)
    {
    }

    private TempDirectory(string path) => Path = path;

    public string Path { get; }

    /// <summary>
    /// In memory where the machine has such a place: for tests that open a store hundreds of times and do not ask what
    /// the device does.
    /// </summary>
    public static TempDirectory InMemory() => new(NewInMemory());

    /// <summary>The same for who removes it by himself, or leaves it to be looked at.</summary>
    public static string NewInMemory() => Directory.Exists(MemoryRoot)
        ? Directory.CreateDirectory(
            System.IO.Path.Combine(MemoryRoot, "cimstore-" + System.IO.Path.GetRandomFileName())).FullName
        : Directory.CreateTempSubdirectory("cimstore-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

namespace CimStore.Disk.Files;

/// <summary>
/// Port: a POSIX file system, no more than the store needs. Names and bytes are durable only after the matching sync
/// returned. Every member throws <see cref="DiskException"/>, whose message says what is known afterwards.
/// </summary>
internal interface IDisk
{
    /// <summary>Makes a file that must not exist yet, open for reading and writing. Its name is not durable.</summary>
    IDiskFile Create(string path);

    /// <exception cref="DiskException">Also when the file is absent (<see cref="DiskException.IsAbsent"/>).</exception>
    IDiskFile Open(string path, DiskAccess access);

    bool Exists(string path);

    /// <summary>Makes the directory, or leaves it alone when it exists. Its name is not durable.</summary>
    void CreateDirectory(string path);

    /// <summary>Gives the file another name, replacing what had it, atomically for every reader.</summary>
    void Rename(string from, string to);

    void Unlink(string path);

    /// <summary>Makes the names in the directory durable. Any failure is final: asking again proves nothing.</summary>
    void SyncDirectory(string path, SyncPoint point);

    /// <returns>Names (not paths) of files and directories, in ordinal order.</returns>
    IReadOnlyList<string> List(string directory);

    DiskSpace Space(string path);
}

using CimStore.Disk.Files;

namespace CimStore.Testing.Disk;

/// <summary>Any disk, with the free space a test says it has.</summary>
internal sealed class MeasuredDisk(IDisk disk) : IDisk
{
    public DiskSpace? Reported { get; set; }

    /// <summary>Asked each time, when nothing is <see cref="Reported"/>.</summary>
    public Func<DiskSpace>? Measure { get; init; }

    /// <summary>Asked for a path, when nothing else says it.</summary>
    public Func<string, DiskSpace>? MeasureAt { get; init; }

    public IDiskFile Create(string path) => disk.Create(path);

    public IDiskFile Open(string path, DiskAccess access) => disk.Open(path, access);

    public bool Exists(string path) => disk.Exists(path);

    public void CreateDirectory(string path) => disk.CreateDirectory(path);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void Unlink(string path) => disk.Unlink(path);

    public void SyncDirectory(string path, SyncPoint point) => disk.SyncDirectory(path, point);

    public IReadOnlyList<string> List(string directory) => disk.List(directory);

    public DiskSpace Space(string path) =>
        Reported ?? Measure?.Invoke() ?? MeasureAt?.Invoke(path) ?? disk.Space(path);
}

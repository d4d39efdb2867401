using CimStore.Disk.Files;

namespace CimStore.Testing.Disk;

/// <summary>Any disk, with the faults of a plan.</summary>
internal sealed class FaultyDisk(IDisk disk, FaultPlan plan) : IDisk
{
    public IDiskFile Create(string path)
    {
        Strike(DiskOperation.Create, path);
        return new FaultyFile(disk.Create(path), plan);
    }

    public IDiskFile Open(string path, DiskAccess access)
    {
        Strike(DiskOperation.Open, path);
        return new FaultyFile(disk.Open(path, access), plan);
    }

    public bool Exists(string path) => disk.Exists(path);

    public void CreateDirectory(string path)
    {
        Strike(DiskOperation.CreateDirectory, path);
        disk.CreateDirectory(path);
    }

    public void Rename(string from, string to)
    {
        Strike(DiskOperation.Rename, from);
        disk.Rename(from, to);
    }

    public void Unlink(string path)
    {
        Strike(DiskOperation.Unlink, path);
        disk.Unlink(path);
    }

    public void SyncDirectory(string path, SyncPoint point)
    {
        Strike(DiskOperation.SyncDirectory, path);
        disk.SyncDirectory(path, point);
    }

    public IReadOnlyList<string> List(string directory)
    {
        Strike(DiskOperation.List, directory);
        return disk.List(directory);
    }

    public DiskSpace Space(string path) => disk.Space(path);

    private void Strike(DiskOperation operation, string path)
    {
        if (plan.Decide(operation, path) is DiskFault.Error error)
        {
            throw new DiskException(error.Errno, operation, path);
        }
    }
}

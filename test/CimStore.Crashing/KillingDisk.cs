using CimStore.Disk.Files;

namespace CimStore.Crashing;

/// <summary>A disk whose process kills itself with SIGKILL at a point: nothing is closed, nothing is flushed.</summary>
internal sealed class KillingDisk(IDisk disk, CrashPoint point) : IDisk
{
    public IDiskFile Create(string path) =>
        Around(DiskOperation.Create, () => new KillingFile(disk.Create(path), this));

    public IDiskFile Open(string path, DiskAccess access) => new KillingFile(disk.Open(path, access), this);

    public bool Exists(string path) => disk.Exists(path);

    public void CreateDirectory(string path) =>
        Around(DiskOperation.CreateDirectory, () => disk.CreateDirectory(path));

    public void Rename(string from, string to) => Around(DiskOperation.Rename, () => disk.Rename(from, to));

    public void Unlink(string path) => Around(DiskOperation.Unlink, () => disk.Unlink(path));

    public void SyncDirectory(string path, SyncPoint sync) =>
        Around(DiskOperation.SyncDirectory, () => disk.SyncDirectory(path, sync), sync);

    public IReadOnlyList<string> List(string directory) => disk.List(directory);

    public DiskSpace Space(string path) => disk.Space(path);

    private void Around(DiskOperation operation, Action act, SyncPoint? sync = null) => Around(
        operation,
        () =>
        {
            act();
            return 0;
        },
        sync);

    private T Around<T>(DiskOperation operation, Func<T> act, SyncPoint? sync = null)
    {
        var moment = point.Meet(operation, sync);
        if (moment == CrashMoment.Before)
        {
            Death.Come();
        }

        var result = act();
        if (moment is not null)
        {
            Death.Come();
        }

        return result;
    }

    private sealed class KillingFile(IDiskFile file, KillingDisk disk) : IDiskFile
    {
        public string Path => file.Path;

        public long Length => file.Length;

        public int Write(ReadOnlySpan<byte> bytes, long offset)
        {
            if (disk.Point.Meet(DiskOperation.Write) is { } moment)
            {
                var count = moment switch
                {
                    CrashMoment.Before => 0,
                    CrashMoment.Half => bytes.Length / 2,
                    _ => bytes.Length,
                };
                file.WriteFully(bytes[..count], offset);
                Death.Come();
            }

            return file.Write(bytes, offset);
        }

        public int WriteBulk(ReadOnlySpan<byte> bytes, long offset)
        {
            var moment = disk.Point.Meet(DiskOperation.WriteBulk);
            if (moment == CrashMoment.Before)
            {
                Death.Come();
            }

            var written = file.WriteBulk(bytes, offset);
            if (moment is not null)
            {
                Death.Come();
            }

            return written;
        }

        public int Read(Span<byte> destination, long offset) => file.Read(destination, offset);

        public void Allocate(long length) => disk.Around(DiskOperation.Allocate, () => file.Allocate(length));

        public void Truncate(long length) => disk.Around(DiskOperation.Truncate, () => file.Truncate(length));

        public void WriteOut(long offset, long length) =>
            disk.Around(DiskOperation.WriteOut, () => file.WriteOut(offset, length));

        public void StartWriteOut(long offset, long length) =>
            disk.Around(DiskOperation.StartWriteOut, () => file.StartWriteOut(offset, length));

        public void SyncData(SyncPoint sync) =>
            disk.Around(DiskOperation.SyncData, () => file.SyncData(sync), sync);

        public void Sync(SyncPoint sync) => disk.Around(DiskOperation.Sync, () => file.Sync(sync), sync);

        public bool TryLock() => file.TryLock();

        public void Dispose() => file.Dispose();
    }

    private CrashPoint Point => point;
}

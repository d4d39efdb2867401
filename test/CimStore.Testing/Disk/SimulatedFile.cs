using CimStore.Disk.Files;

namespace CimStore.Testing.Disk;

/// <summary>An open file of the simulated disk.</summary>
internal sealed class SimulatedFile(SimulatedDisk disk, SimulatedNode node, string path, DiskAccess access) : IDiskFile
{
    private bool _closed;

    public string Path => path;

    public long Length => disk.Observe(Check, () => node.Length);

    public int Write(ReadOnlySpan<byte> bytes, long offset)
    {
        var copy = bytes.ToArray();
        RequireWritable(DiskOperation.Write);

        // The bytes count as under way before the power goes: this is how a write gets torn.
        disk.Change(Check, () => node.Write(copy, offset), evenIfLast: true);
        return copy.Length;
    }

    public int Read(Span<byte> destination, long offset)
    {
        var copy = new byte[destination.Length];
        var read = disk.Observe(Check, () => node.Read(copy, offset));
        copy.AsSpan(0, read).CopyTo(destination);
        return read;
    }

    public void Allocate(long length)
    {
        RequireWritable(DiskOperation.Allocate);
        disk.Change(Check, () => node.Resize(Math.Max(length, node.Length)), evenIfLast: true);
    }

    public void Truncate(long length)
    {
        RequireWritable(DiskOperation.Truncate);
        disk.Change(Check, () => node.Resize(length), evenIfLast: true);
    }

    // Promises nothing, so the simulated device keeps it as volatile as it was.
    public void WriteOut(long offset, long length) => Check();

    public void StartWriteOut(long offset, long length) => Check();

    public void SyncData(SyncPoint point) => Sync(point);

    public void Sync(SyncPoint point) => disk.Sync(point, Check, node.Sync);

    /// <summary>See <see cref="SimulatedNode.FailSync"/>.</summary>
    public void FailSync(Random random) => disk.Observe(Check, () =>
    {
        node.FailSync(random);
        return 0;
    });

    public bool TryLock() => disk.Observe(Check, () =>
    {
        node.LockedBy ??= this;
        return node.LockedBy == this;
    });

    public void Dispose()
    {
        _closed = true;
        if (node.LockedBy == this)
        {
            node.LockedBy = null;
        }
    }

    private void Check() => ObjectDisposedException.ThrowIf(_closed, this);

    private void RequireWritable(DiskOperation operation)
    {
        if (access == DiskAccess.Read)
        {
            throw new DiskException(9, operation, path); // EBADF
        }
    }
}

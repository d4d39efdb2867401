using CimStore.Disk.Files;

namespace CimStore.Testing.Disk;

/// <summary>An open file, with the faults of a plan.</summary>
internal sealed class FaultyFile(IDiskFile file, FaultPlan plan) : IDiskFile
{
    public string Path => file.Path;

    public long Length => file.Length;

    public int Write(ReadOnlySpan<byte> bytes, long offset) => plan.Decide(DiskOperation.Write, Path) switch
    {
        DiskFault.Error error => throw new DiskException(error.Errno, DiskOperation.Write, Path),
        DiskFault.Short cut => file.Write(bytes[..Math.Min(cut.Bytes, bytes.Length)], offset),
        _ => file.Write(bytes, offset),
    };

    public int WriteBulk(ReadOnlySpan<byte> bytes, long offset)
    {
        Strike(DiskOperation.WriteBulk);
        return file.WriteBulk(bytes, offset);
    }

    public int Read(Span<byte> destination, long offset)
    {
        var fault = plan.Decide(DiskOperation.Read, Path);
        if (fault is DiskFault.Error error)
        {
            throw new DiskException(error.Errno, DiskOperation.Read, Path);
        }

        var read = file.Read(destination, offset);
        if (fault is DiskFault.Flip flip && read > 0)
        {
            var bit = flip.Bit % (read * 8);
            destination[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        return read;
    }

    public void Allocate(long length)
    {
        Strike(DiskOperation.Allocate);
        file.Allocate(length);
    }

    public void Truncate(long length)
    {
        Strike(DiskOperation.Truncate);
        file.Truncate(length);
    }

    public void WriteOut(long offset, long length)
    {
        StrikeSync(DiskOperation.WriteOut);
        file.WriteOut(offset, length);
    }

    public void StartWriteOut(long offset, long length)
    {
        StrikeSync(DiskOperation.StartWriteOut);
        file.StartWriteOut(offset, length);
    }

    public void SyncData(SyncPoint point)
    {
        StrikeSync(DiskOperation.SyncData);
        file.SyncData(point);
    }

    public void Sync(SyncPoint point)
    {
        StrikeSync(DiskOperation.Sync);
        file.Sync(point);
    }

    public bool TryLock() => file.TryLock();

    public void Dispose() => file.Dispose();

    private void Strike(DiskOperation operation)
    {
        if (plan.Decide(operation, Path) is DiskFault.Error error)
        {
            throw new DiskException(error.Errno, operation, Path);
        }
    }

    private void StrikeSync(DiskOperation operation)
    {
        if (plan.Decide(operation, Path) is DiskFault.Error error)
        {
            (file as SimulatedFile)?.FailSync(new Random((error.Fate * 1000) + error.Errno));
            throw new DiskException(error.Errno, operation, Path);
        }
    }
}

namespace CimStore.Disk.Files;

internal static class DiskFiles
{
    /// <summary>Writes all of the bytes. A disk may take fewer than offered, near its end or on a signal.</summary>
    /// <exception cref="DiskException">Some of the bytes may have been written.</exception>
    public static void WriteFully(this IDiskFile file, ReadOnlySpan<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            var written = file.Write(bytes, offset);
            if (written <= 0)
            {
                // A disk that takes nothing and names no error would spin here for ever.
                throw new DiskException(Errno.InputOutput, DiskOperation.Write, file.Path);
            }

            bytes = bytes[written..];
            offset += written;
        }
    }

    /// <summary>Makes the directory and its name durable, or does nothing when it is there.</summary>
    public static void EnsureDirectory(this IDisk disk, string path)
    {
        if (disk.Exists(path))
        {
            return;
        }

        var parent = Path.GetDirectoryName(path);
        if (!string.IsNullOrEmpty(parent))
        {
            disk.EnsureDirectory(parent);
        }

        disk.CreateDirectory(path);
        if (!string.IsNullOrEmpty(parent))
        {
            // Without it a power cut may take the directory with every file that was synced inside it.
            disk.SyncDirectory(parent, SyncPoint.NewDirectory);
        }
    }
}

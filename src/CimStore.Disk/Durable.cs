using CimStore.Disk.Files;

namespace CimStore.Disk;

/// <summary>
/// The one sequence that replaces a small file so that a crash leaves the old one or the new one, whole.
/// </summary>
internal static class Durable
{
    public const string TemporarySuffix = ".tmp";

    /// <summary>Returns once the file has these bytes for good.</summary>
    /// <exception cref="DiskException">The file has its old bytes or the new ones; which of them is not known when the
    /// directory's sync failed.</exception>
    public static void Replace(IDisk disk, string path, ReadOnlySpan<byte> bytes)
    {
        var temporary = path + TemporarySuffix;
        if (disk.Exists(temporary))
        {
            // Left by a crash between its creation and the rename; nothing ever refers to it.
            disk.Unlink(temporary);
        }

        using (var file = disk.Create(temporary))
        {
            file.WriteFully(bytes, 0);

            // Before the rename: a file system may make the name durable first, and a power cut would then leave the
            // name with nothing behind it, the old bytes gone.
            file.SyncData(SyncPoint.DurableFile);
        }

        disk.Rename(temporary, path);

        // After the rename: without it a power cut may bring the old file back after the caller was told otherwise.
        disk.SyncDirectory(Path.GetDirectoryName(path)!, SyncPoint.DurableName);
    }

    /// <returns>The whole file, or null when there is none.</returns>
    public static ReadOnlyMemory<byte>? Load(IDisk disk, string path, int sizeBytesMax)
    {
        if (!disk.Exists(path))
        {
            return null;
        }

        using var file = disk.Open(path, DiskAccess.Read);
        var length = file.Length;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, sizeBytesMax, path);
        var bytes = new byte[length];
        return bytes.AsMemory(0, file.Read(bytes, 0));
    }
}

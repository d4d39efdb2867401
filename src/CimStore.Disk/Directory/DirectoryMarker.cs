using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk.Directory;

/// <summary><c>cimstore.json</c>: says that the directory is a store, which one, and in which format.</summary>
internal sealed record DirectoryMarker(Guid Store, DateTimeOffset Created)
{
    public const string FileName = "cimstore.json";

    /// <summary>
    /// The format of the directory as a whole: layout, log, large files. The index has its own and is rebuilt.
    /// </summary>
    public const int FormatVersion = 1;

    private static readonly MarkerFile Marker = new("store", "data directory", FormatVersion);

    /// <returns>Null when there is no marker.</returns>
    /// <exception cref="LocationException">A newer format, or not a marker; nothing was changed.</exception>
    public static DirectoryMarker? Load(IDisk disk, string directory) => Marker.Load(
        disk, Path.Combine(directory, FileName),
        static root => new DirectoryMarker(
            root.GetProperty("store").GetGuid(), root.GetProperty("created").GetDateTimeOffset()));

    public void Save(IDisk disk, string directory) => Marker.Save(disk, Path.Combine(directory, FileName), writer =>
    {
        writer.WriteString("store", Store);
        writer.WriteString("created", Created);
    });
}

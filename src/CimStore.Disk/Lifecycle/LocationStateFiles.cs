using System.Text;
using System.Text.Json;
using CimStore.Disk.Files;
using CimStore.Engine;
using CimStore.Locations;

namespace CimStore.Disk.Lifecycle;

/// <summary><c>locations/NAME/state.json</c>: what an operator set while the node ran (docs/formats/jobs.md).</summary>
public sealed class LocationStateFiles : ILocationStates
{
    public const string FileName = "state.json";
    public const int FormatVersion = 1;

    private const int SizeBytesMax = 4 << 10;

    private readonly string _directory;
    private readonly IDisk _disk;

    /// <param name="directory">Has a directory for each location, by its name.</param>
    public LocationStateFiles(string directory)
        : this(directory, new PosixDisk())
    {
    }

    internal LocationStateFiles(string directory, IDisk disk) => (_directory, _disk) = (directory, disk);

    public LocationState? Find(LocationId location)
    {
        var path = PathOf(location);
        try
        {
            return Durable.Load(_disk, path, SizeBytesMax) is { } bytes ? Read(bytes, path) : null;
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    public void Save(LocationId location, LocationState state)
    {
        var text = $$"""
            {
              "format": {{FormatVersion}},
              "state": "{{state.ToString().ToLowerInvariant()}}"
            }

            """;
        try
        {
            _disk.EnsureDirectory(Path.GetDirectoryName(PathOf(location))!);
            Durable.Replace(_disk, PathOf(location), Encoding.UTF8.GetBytes(text));
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    private static LocationState Read(ReadOnlyMemory<byte> bytes, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            return root.GetProperty("format").GetInt32() <= FormatVersion
                ? Enum.Parse<LocationState>(root.GetProperty("state").GetString() ?? "", ignoreCase: true)
                : throw new FormatException($"it has a newer format than {FormatVersion}");
        }
        catch (Exception damage) when (damage is JsonException or KeyNotFoundException or InvalidOperationException
            or ArgumentException or FormatException)
        {
            // Taken for active, a location that is to be emptied would be filled.
            throw new LocationException(
                LocationFault.Offline,
                $"{path} does not say the state of a location: {damage.Message} Nothing was changed: put it right, or "
                + "remove it and set the state again.",
                damage);
        }
    }

    private string PathOf(LocationId location) => Path.Combine(_directory, location.Name, FileName);
}

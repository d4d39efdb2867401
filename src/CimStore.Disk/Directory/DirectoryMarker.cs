using System.Buffers;
using System.Text.Json;
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

    private const int SizeBytesMax = 64 << 10;

    /// <returns>Null when there is no marker.</returns>
    /// <exception cref="LocationException">A newer format, or not a marker; nothing was changed.</exception>
    public static DirectoryMarker? Load(IDisk disk, string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (Durable.Load(disk, path, SizeBytesMax) is not { } bytes)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            var format = root.GetProperty("format").GetInt32();
            if (format > FormatVersion)
            {
                throw new LocationException(
                    LocationFault.Offline,
                    $"The data directory {directory} has format {format}; this version reads up to {FormatVersion}. "
                    + "Nothing was changed: use a newer cimstore.");
            }

            return new DirectoryMarker(
                root.GetProperty("store").GetGuid(), root.GetProperty("created").GetDateTimeOffset());
        }
        catch (Exception damage) when (damage is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            throw new LocationException(
                LocationFault.Offline,
                $"{path} is not a marker of a store: {damage.Message} Nothing was changed.",
                damage);
        }
    }

    public void Save(IDisk disk, string directory)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format", FormatVersion);
            writer.WriteString("store", Store);
            writer.WriteString("created", Created);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        Durable.Replace(disk, Path.Combine(directory, FileName), buffer.WrittenSpan);
    }
}

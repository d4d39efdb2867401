using System.Buffers;
using System.Text.Json;
using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk.Directory;

/// <summary>
/// A small JSON file that says what a directory is, with its format's number: read before anything is changed,
/// replaced whole.
/// </summary>
/// <param name="Of">What it marks, for messages: a store, a pool.</param>
/// <param name="Directory">What the directory is called, for messages.</param>
/// <param name="Format">The highest that this version reads, and the one it writes.</param>
internal sealed record MarkerFile(string Of, string Directory, int Format)
{
    private const int SizeBytesMax = 64 << 10;

    /// <returns>Null when there is none.</returns>
    /// <exception cref="LocationException">A newer format, or not a marker; nothing was changed.</exception>
    public T? Load<T>(IDisk disk, string path, Func<JsonElement, T> read)
        where T : class
    {
        if (Durable.Load(disk, path, SizeBytesMax) is not { } bytes)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(bytes);
            var found = document.RootElement.GetProperty("format").GetInt32();
            return found <= Format
                ? read(document.RootElement)
                : throw new LocationException(
                    LocationFault.Offline,
                    $"The {Directory} {Path.GetDirectoryName(path)} has format {found}; this version reads up to "
                    + $"{Format}. Nothing was changed: use a newer cimstore.");
        }
        catch (Exception damage) when (damage is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            throw new LocationException(
                LocationFault.Offline,
                $"{path} is not a marker of a {Of}: {damage.Message} Nothing was changed.",
                damage);
        }
    }

    public void Save(IDisk disk, string path, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format", Format);
            write(writer);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        Durable.Replace(disk, path, buffer.WrittenSpan);
    }
}

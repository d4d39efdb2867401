using System.Buffers;
using System.Text.Json;
using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>
/// <c>pool.json</c>: which pool a directory belongs to and which of its shards lie there. The node keeps one of its own
/// without a place, which says that the pool was made and how many sets it has.
/// </summary>
/// <param name="Directory">This directory's log; a directory that replaces another has a new one.</param>
/// <param name="Set">-1 in the node's own.</param>
internal sealed record PoolMarker(
    Guid Pool, Guid Directory, int Set, int Index, int Sets, int DataShards, int ParityShards, DateTimeOffset Created)
{
    public const string FileName = "pool.json";
    public const int FormatVersion = 1;

    private const int SizeBytesMax = 64 << 10;

    /// <returns>Null when there is none.</returns>
    /// <exception cref="LocationException">A newer format, or not a marker; nothing was changed.</exception>
    public static PoolMarker? Load(IDisk disk, string directory)
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
                    $"The pool directory {directory} has format {format}; this version reads up to {FormatVersion}. "
                    + "Nothing was changed: use a newer cimstore.");
            }

            return new PoolMarker(
                root.GetProperty("pool").GetGuid(),
                root.GetProperty("directory").GetGuid(),
                root.GetProperty("set").GetInt32(),
                root.GetProperty("index").GetInt32(),
                root.GetProperty("sets").GetInt32(),
                root.GetProperty("dataShards").GetInt32(),
                root.GetProperty("parityShards").GetInt32(),
                root.GetProperty("created").GetDateTimeOffset());
        }
        catch (Exception damage) when (damage is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            throw new LocationException(
                LocationFault.Offline,
                $"{path} is not a marker of a pool: {damage.Message} Nothing was changed.",
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
            writer.WriteString("pool", Pool);
            writer.WriteString("directory", Directory);
            writer.WriteNumber("set", Set);
            writer.WriteNumber("index", Index);
            writer.WriteNumber("sets", Sets);
            writer.WriteNumber("dataShards", DataShards);
            writer.WriteNumber("parityShards", ParityShards);
            writer.WriteString("created", Created);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        Durable.Replace(disk, Path.Combine(directory, FileName), buffer.WrittenSpan);
    }
}

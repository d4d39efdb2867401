using System.Buffers;
using System.Text.Json;
using CimStore.Locations;

namespace CimStore.S3;

/// <summary>What a bucket says of whose it is, and what this machine remembers of it: the same lines in both.</summary>
/// <param name="Location">The location's name.</param>
/// <param name="Id">Chance, made once: two locations of one name are told apart by it.</param>
/// <param name="Made">When the bucket was first used.</param>
internal sealed record S3Marker(LocationId Location, Guid Id, DateTimeOffset Made)
{
    public const int SizeBytesMax = 4096;
    private const int Format = 1;

    public byte[] Write()
    {
        var line = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format", Format);
            writer.WriteString("location", Location.Name);
            writer.WriteString("id", Id.ToString("N"));
            writer.WriteString("made", Made);
            writer.WriteEndObject();
        }

        line.Write("\n"u8);
        return line.WrittenSpan.ToArray();
    }

    /// <param name="bytes">What was found.</param>
    /// <param name="fault">Why it cannot be read, in words.</param>
    public static S3Marker? Read(ReadOnlyMemory<byte> bytes, out string? fault)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            var format = root.GetProperty("format").GetInt32();
            fault = format == Format ? null : $"has format {format}, and this version reads {Format}";
            return fault is not null ? null : new S3Marker(
                new LocationId(root.GetProperty("location").GetString()!),
                Guid.ParseExact(root.GetProperty("id").GetString()!, "N"),
                root.GetProperty("made").GetDateTimeOffset());
        }
        catch (Exception damage) when (damage is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or ArgumentException)
        {
            fault = $"cannot be read ({damage.Message.TrimEnd('.')})";
            return null;
        }
    }
}

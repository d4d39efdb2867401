using System.Buffers.Binary;
using System.Text.Json;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Nats.Backup;

/// <summary>
/// What stands before the payload of a backup (docs/formats/stream-backup.md). Configuration and state are the server's
/// own JSON, with members that this program does not know.
/// </summary>
internal sealed record BackupHeader(
    string Stream, string ServerVersion, DateTimeOffset At, ReadOnlyMemory<byte> Config, ReadOnlyMemory<byte> State)
{
    public const uint FormatVersion = 1;

    /// <summary>Magic, version, length.</summary>
    public const int FixedSizeBytes = 16;

    /// <summary>Length of the payload, digest.</summary>
    public const int TrailerSizeBytes = 8 + Blake3.HashSizeBytes;

    /// <summary>A state lists no subjects; a configuration has some kilobytes.</summary>
    public const int JsonSizeBytesMax = 4 << 20;

    public static ReadOnlySpan<byte> Magic => "CIMSTRBK"u8;

    /// <summary>How many messages the state counts.</summary>
    public long Messages => NumberOf(State, "messages");

    public long Consumers => NumberOf(State, "consumer_count");

    public byte[] Write()
    {
        using var buffer = new MemoryStream();
        buffer.SetLength(FixedSizeBytes);
        buffer.Position = FixedSizeBytes;
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("stream", Stream);
            json.WriteString("server", ServerVersion);
            json.WriteString("at", At);
            json.WritePropertyName("config");
            json.WriteRawValue(Config.Span);
            json.WritePropertyName("state");
            json.WriteRawValue(State.Span);
            json.WriteEndObject();
        }

        var bytes = buffer.ToArray();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)(bytes.Length - FixedSizeBytes));
        return bytes;
    }

    /// <returns>How long the JSON behind the fixed part is.</returns>
    /// <exception cref="IntegrityException">It is no backup, or a later form of one.</exception>
    public static int JsonSizeOf(ReadOnlySpan<byte> start)
    {
        if (start.Length < FixedSizeBytes || !start.StartsWith(Magic))
        {
            throw new IntegrityException("This is no backup of a stream: it does not begin with CIMSTRBK.");
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (version != FormatVersion)
        {
            throw new IntegrityException(
                $"The backup has format {version}; this program reads {FormatVersion}. A newer one may read it.");
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(start[12..]);
        return size <= JsonSizeBytesMax
            ? (int)size
            : throw new IntegrityException($"The backup says that its description has {size} bytes: it is damaged.");
    }

    /// <exception cref="IntegrityException">It is not what was written.</exception>
    public static BackupHeader Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            return new BackupHeader(
                root.GetProperty("stream").GetString()!, root.GetProperty("server").GetString()!,
                root.GetProperty("at").GetDateTimeOffset(), Raw(root, "config"), Raw(root, "state"));
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            throw new IntegrityException($"The description in the backup cannot be read: {broken.Message}");
        }
    }

    internal static byte[] Raw(JsonElement root, string member) =>
        System.Text.Encoding.UTF8.GetBytes(root.GetProperty(member).GetRawText());

    internal static long NumberOf(ReadOnlyMemory<byte> json, string member)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.TryGetProperty(member, out var value) && value.TryGetInt64(out var number)
            ? number
            : 0;
    }
}

using System.Buffers;
using System.Text.Json;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Jobs;

/// <summary>A job as JSON (docs/formats/jobs.md). Unknown members are ignored; a higher format is refused.</summary>
internal static class JobCodec
{
    public const int FormatVersion = 1;

    /// <summary>1,000 CIDs of at most 128 characters, and the words around them.</summary>
    public const int SizeBytesMax = 256 << 10;

    public const int ErrorLengthMax = 1024;

    public static ReadOnlyMemory<byte> Write(JobRecord job)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format", FormatVersion);
            writer.WriteString("id", job.Id.Value);
            writer.WriteString("kind", Lower(job.Arguments.Kind));
            WriteArguments(writer, job.Arguments);
            writer.WriteString("state", Lower(job.State));
            writer.WriteNumber("done", job.Done);
            WriteNumber(writer, "total", job.Total);
            writer.WriteNumber("changed", job.Changed);
            writer.WriteNumber("sizeBytes", job.SizeBytes);
            writer.WriteNumber("left", job.Left);
            WriteNumber(writer, "leftForRetry", job.Left > 0 ? job.LeftForRetry : null);
            WriteText(writer, "cursor", job.Cursor?.ToString());
            writer.WriteNumber("attempts", job.Attempts);
            WriteText(writer, "nextTry", job.NextTry?.ToString("O"));
            WriteText(writer, "lastError", Bounded(job.LastError));
            writer.WriteString("created", job.Created);
            writer.WriteString("updated", job.Updated);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    /// <exception cref="FormatException">It is no job that this version reads.</exception>
    public static JobRecord Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            var format = root.GetProperty("format").GetInt32();
            return format <= FormatVersion
                ? ReadJob(root)
                : throw new FormatException($"It has format {format}; this version reads up to {FormatVersion}.");
        }
        catch (Exception damage) when (damage is JsonException or KeyNotFoundException or InvalidOperationException
            or ArgumentException)
        {
            throw new FormatException(damage.Message, damage);
        }
    }

    private static void WriteArguments(Utf8JsonWriter writer, JobArguments arguments)
    {
        WriteText(writer, "location", arguments.Location?.Name);
        WriteNumber(writer, "copies", arguments.Copies);
        WriteText(writer, "prefix", arguments.Prefix);
        if (arguments.Cids is { IsDefaultOrEmpty: false } cids)
        {
            writer.WriteStartArray("cids");
            foreach (var cid in cids)
            {
                writer.WriteStringValue(cid.ToString());
            }

            writer.WriteEndArray();
        }
    }

    private static JobRecord ReadJob(JsonElement root) => new()
    {
        Id = new MessageId(root.GetProperty("id").GetGuid()),
        Arguments = new JobArguments(Parse<JobKind>(root.GetProperty("kind").GetString()))
        {
            Location = Text(root, "location") is { } location ? new LocationId(location) : null,
            Copies = (int?)Number(root, "copies"),
            Prefix = Text(root, "prefix"),
            Cids = root.TryGetProperty("cids", out var cids)
                ? [.. cids.EnumerateArray().Select(cid => Cid.Parse(cid.GetString()!))]
                : [],
        },
        State = Parse<JobState>(root.GetProperty("state").GetString()),
        Done = root.GetProperty("done").GetInt64(),
        Total = Number(root, "total"),
        Changed = root.GetProperty("changed").GetInt64(),
        SizeBytes = root.GetProperty("sizeBytes").GetInt64(),
        Left = root.GetProperty("left").GetInt64(),

        // Files from before this member: another pass finds out, and giving up too early is what it is there against.
        LeftForRetry = Number(root, "leftForRetry") ?? root.GetProperty("left").GetInt64(),
        Cursor = Text(root, "cursor") is { } cursor ? Cid.Parse(cursor) : null,
        Attempts = root.GetProperty("attempts").GetInt32(),
        NextTry = root.TryGetProperty("nextTry", out var next) ? next.GetDateTimeOffset() : null,
        LastError = Text(root, "lastError"),
        Created = root.GetProperty("created").GetDateTimeOffset(),
        Updated = root.GetProperty("updated").GetDateTimeOffset(),
    };

    private static T Parse<T>(string? word)
        where T : struct, Enum => Enum.Parse<T>(word ?? "", ignoreCase: true);

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static long? Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) ? value.GetInt64() : null;

    private static void WriteText(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }

    private static string? Bounded(string? text) => text is { Length: > ErrorLengthMax }
        ? string.Concat(text.AsSpan(0, ErrorLengthMax - 1), "…")
        : text;
}

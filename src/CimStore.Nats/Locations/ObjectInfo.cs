using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CimStore.Locations;

namespace CimStore.Nats.Locations;

/// <summary>
/// The message that makes an object, as every client of the Object Store writes it (ADR-20 of the NATS project).
/// </summary>
internal sealed record ObjectInfo(string Name, string Bucket, string Nuid)
{
    private const string DigestPrefix = "SHA-256=";

    public long SizeBytes { get; init; }

    public int Chunks { get; init; }

    public int ChunkSizeBytes { get; init; }

    public ReadOnlyMemory<byte> Sha256 { get; init; }

    public DateTimeOffset Modified { get; init; }

    public bool IsDeleted { get; init; }

    /// <summary>It stands for another object and has no bytes of its own.</summary>
    public bool IsLink { get; init; }

    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public static string Subject(string bucket, string name) =>
        $"$O.{bucket}.M.{Base64Padded(Encoding.UTF8.GetBytes(name))}";

    public static string ChunkSubject(string bucket, string nuid) => $"$O.{bucket}.C.{nuid}";

    /// <returns>Null where the subject is none of an object's, or no text.</returns>
    public static string? NameOf(string bucket, string subject)
    {
        var prefix = $"$O.{bucket}.M.";
        if (!subject.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var encoded = subject.AsSpan(prefix.Length).TrimEnd('=');
        return Base64Url.IsValid(encoded) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(encoded)) : null;
    }

    public byte[] ToBytes()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("bucket", Bucket);
        json.WriteString("nuid", Nuid);
        json.WriteNumber("size", SizeBytes);
        json.WriteString("mtime", Modified.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        json.WriteNumber("chunks", Chunks);
        if (IsDeleted)
        {
            json.WriteBoolean("deleted", true);
        }
        else
        {
            json.WriteString("digest", DigestPrefix + Base64Padded(Sha256.Span));
            json.WriteStartObject("options");
            json.WriteNumber("max_chunk_size", ChunkSizeBytes);
            json.WriteEndObject();
        }

        if (Metadata is not null)
        {
            json.WriteStartObject("metadata");
            foreach (var (key, value) in Metadata)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <exception cref="IntegrityException">It cannot be read.</exception>
    public static ObjectInfo Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            var options = root.TryGetProperty("options", out var found) ? found : default;
            var isSet = options.ValueKind == JsonValueKind.Object;
            return new ObjectInfo(Text(root, "name"), Text(root, "bucket"), Text(root, "nuid"))
            {
                SizeBytes = Number(root, "size"),
                Chunks = checked((int)Number(root, "chunks")),
                ChunkSizeBytes = isSet ? checked((int)Number(options, "max_chunk_size")) : 0,
                Sha256 = DigestOf(Text(root, "digest")),
                Modified = root.TryGetProperty("mtime", out var mtime) ? mtime.GetDateTimeOffset() : default,
                IsDeleted = root.TryGetProperty("deleted", out var deleted) && deleted.ValueKind == JsonValueKind.True,
                IsLink = isSet && options.TryGetProperty("link", out var link)
                    && link.ValueKind == JsonValueKind.Object,
                Metadata = MetadataOf(root),
            };
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException
            or OverflowException)
        {
            throw new IntegrityException($"An object's description cannot be read: {failure.Message}", failure);
        }
    }

    private static string Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static long Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? value.GetInt64() : 0;

    private static Dictionary<string, string>? MetadataOf(JsonElement root) =>
        root.TryGetProperty("metadata", out var json) && json.ValueKind == JsonValueKind.Object
            ? json.EnumerateObject().ToDictionary(
                static one => one.Name, static one => one.Value.GetString() ?? "", StringComparer.Ordinal)
            : null;

    private static byte[] DigestOf(string text) => text.StartsWith(DigestPrefix, StringComparison.Ordinal)
        ? Base64Url.DecodeFromChars(text.AsSpan(DigestPrefix.Length).TrimEnd('='))
        : [];

    /// <summary>Clients compare the texts of digests and look up those of names, with their padding.</summary>
    private static string Base64Padded(ReadOnlySpan<byte> bytes)
    {
        var text = Base64Url.EncodeToString(bytes);
        return text.PadRight((text.Length + 3) / 4 * 4, '=');
    }
}

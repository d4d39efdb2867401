using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Disk.Foreign;

/// <summary>The bytes of a dead letter: docs/formats/dead-letters.md.</summary>
internal static class DeadLetterCodec
{
    private const int Format = 1;
    private const int DigestDigits = 2 * Blake3.HashSizeBytes;

    // The event's own levels and the object around it.
    private const int DepthMax = 128;

    private static ReadOnlySpan<byte> Opening => "{\"digest\":\""u8;

    public static byte[] Write(DeadLetter letter)
    {
        var buffer = new ArrayBufferWriter<byte>(letter.Event.Length + 1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { MaxDepth = DepthMax }))
        {
            writer.WriteStartObject();
            writer.WriteString("digest", new string('0', DigestDigits));
            writer.WriteNumber("format", Format);
            writer.WriteString("id", letter.Id);
            writer.WriteString("at", letter.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
            writer.WriteString("subject", letter.Subject);
            writer.WriteString("code", letter.Code);
            writer.WriteString("reason", letter.Reason);
            writer.WriteString("rule", letter.Rule);
            writer.WriteNumber("attempts", letter.Attempts);
            writer.WritePropertyName("event");

            // It was parsed when it came; what it is then written as must be its very bytes.
            writer.WriteRawValue(letter.Event.Span, skipInputValidation: true);
            writer.WriteEndObject();
        }

        var bytes = buffer.WrittenSpan.ToArray();
        Seal(bytes, bytes.AsSpan(Opening.Length, DigestDigits));
        return bytes;
    }

    /// <exception cref="IntegrityException">It is no dead letter, or has rotted; the message goes on from "it".
    /// </exception>
    public static DeadLetter Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < Opening.Length + DigestDigits || !bytes.Span.StartsWith(Opening))
        {
            throw new IntegrityException("it does not begin as a dead letter does");
        }

        Span<byte> stated = stackalloc byte[DigestDigits];
        bytes.Span.Slice(Opening.Length, DigestDigits).CopyTo(stated);
        var zeroed = bytes.ToArray();
        Span<byte> digest = stackalloc byte[DigestDigits];
        zeroed.AsSpan(Opening.Length, DigestDigits).Fill((byte)'0');
        Seal(zeroed, digest);
        if (!digest.SequenceEqual(stated))
        {
            throw new IntegrityException("it does not match its digest");
        }

        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = DepthMax });
            return Read(document.RootElement);
        }
        catch (Exception broken) when (broken is JsonException or FormatException or InvalidOperationException
            or KeyNotFoundException)
        {
            // Its digest is right, so another program wrote it: left alone for that one.
            throw new IntegrityException($"it is of a form that this program does not know ({broken.Message})", broken);
        }
    }

    private static DeadLetter Read(JsonElement json)
    {
        var format = json.GetProperty("format").GetInt32();
        return format == Format
            ? new DeadLetter(
                Text(json, "id"),
                DateTimeOffset.ParseExact(Text(json, "at"), "O", CultureInfo.InvariantCulture), Text(json, "subject"),
                Text(json, "code"), Text(json, "reason"), json.GetProperty("rule").GetString(),
                json.GetProperty("attempts").GetInt32(),
                Encoding.UTF8.GetBytes(json.GetProperty("event").GetRawText()))
            : throw new FormatException($"format {format}; this program reads {Format}");
    }

    private static string Text(JsonElement json, string name) =>
        json.GetProperty(name).GetString() ?? throw new FormatException($"{name} is null");

    /// <summary>Over bytes whose digest is zeros.</summary>
    private static void Seal(ReadOnlySpan<byte> bytes, Span<byte> digits)
    {
        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(bytes, digest);
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(digest), digits);
    }
}

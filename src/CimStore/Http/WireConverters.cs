using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Http;

/// <summary>The value types of the domain as JSON strings or numbers.</summary>
internal static class WireConverters
{
    public static void AddTo(IList<JsonConverter> converters)
    {
        converters.Add(new CidConverter());
        converters.Add(new ContentKeyConverter());
        converters.Add(new LsnConverter());
        converters.Add(new MessageIdConverter());
        converters.Add(new RawJsonConverter());
        converters.Add(new TextConverter<OwnerId>(text => new OwnerId(text), owner => owner.Name));
        converters.Add(new TextConverter<NamespaceId>(text => new NamespaceId(text), space => space.Name));
        converters.Add(new TextConverter<LocationId>(text => new LocationId(text), location => location.Name));
    }

    private static string ReadText(ref Utf8JsonReader reader) =>
        reader.GetString() ?? throw new JsonException("A text is needed here, not null.");

    internal sealed class CidConverter : JsonConverter<Cid>
    {
        public override Cid Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Cid.TryParse(ReadText(ref reader).AsSpan(), out var cid, out var reason) ? cid
                : throw new JsonException(reason);

        public override void Write(Utf8JsonWriter writer, Cid value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }

    /// <summary>The CID in the shared domain; <c>TAG:CID</c> in an owner's.</summary>
    internal sealed class ContentKeyConverter : JsonConverter<ContentKey>
    {
        public override ContentKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var text = ReadText(ref reader).AsSpan();
            var colon = text.IndexOf(':');
            var tag = 0UL;
            if (colon >= 0 && !ulong.TryParse(text[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out tag))
            {
                throw new JsonException("The part before ':' of a content key is a decimal number.");
            }

            return Cid.TryParse(text[(colon + 1)..], out var cid, out var reason)
                ? new ContentKey(new DedupDomain(tag), cid)
                : throw new JsonException(reason);
        }

        public override void Write(Utf8JsonWriter writer, ContentKey value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Domain.IsShared
                ? value.Cid.ToString()
                : string.Create(CultureInfo.InvariantCulture, $"{value.Domain.Tag}:{value.Cid}"));
    }

    internal sealed class LsnConverter : JsonConverter<Lsn>
    {
        public override Lsn Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetUInt64());

        public override void Write(Utf8JsonWriter writer, Lsn value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.Value);
    }

    internal sealed class MessageIdConverter : JsonConverter<MessageId>
    {
        public override MessageId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetGuid());

        public override void Write(Utf8JsonWriter writer, MessageId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Value);
    }

    internal sealed class RawJsonConverter : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var value = JsonDocument.ParseValue(ref reader);
            return new RawJson(JsonMarshal.GetRawUtf8Value(value.RootElement).ToArray());
        }

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
    }

    private sealed class TextConverter<T>(Func<string, T> read, Func<T, string> write) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            try
            {
                return read(ReadText(ref reader));
            }
            catch (ArgumentException invalid)
            {
                throw new JsonException(invalid.Message, invalid);
            }
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(write(value));
    }
}

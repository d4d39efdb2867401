using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace CimStore.Server.Configuration;

/// <summary>
/// A JSON text with comments and trailing commas, read whole, of which every value knows its place. The framework's own
/// readers forget it, and an error without a line is no help in a file of two hundred.
/// </summary>
public sealed class JsonSource
{
    /// <summary>A configuration of 64 sets of 255 directories has 1 MB.</summary>
    public const int SizeMaxBytes = 4 << 20;

    public const int DepthMax = 32;

    private static readonly JsonReaderOptions Options = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = DepthMax,
    };

    /// <summary>How deep the reader has come, for an error that it meets.</summary>
    private string _path = "$";

    private JsonSource(string file, ReadOnlyMemory<byte> utf8)
    {
        File = file;
        Utf8 = utf8;
        Root = new JsonNodeAt(JsonValueKind.Undefined, 0, 0, "$");
    }

    /// <summary>The name that findings bear.</summary>
    public string File { get; }

    /// <summary>Without the byte order mark; what nodes count their places in.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; }

    public JsonNodeAt Root { get; private set; }

    /// <exception cref="ConfigurationException">
    /// It is no JSON, no UTF-8, too large or too deep, or a key is there twice; keys that differ in case alone are one.
    /// </exception>
    public static JsonSource Parse(string file, ReadOnlyMemory<byte> utf8)
    {
        var source = new JsonSource(file, utf8.Span.StartsWith(Encoding.UTF8.Preamble) ? utf8[3..] : utf8);
        source.Read();
        return source;
    }

    /// <summary>Line and column, from 1; the column in characters.</summary>
    public (int Line, int Column) Position(int offset)
    {
        var before = Utf8.Span[..Math.Min(offset, Utf8.Length)];
        var lineStart = before.LastIndexOf((byte)'\n') + 1;
        var column = 1;
        foreach (var unit in before[lineStart..])
        {
            // A byte 10xxxxxx goes on with a character that was counted.
            column += (unit & 0xC0) == 0x80 ? 0 : 1;
        }

        return (before.Count((byte)'\n') + 1, column);
    }

    /// <summary>The first byte of a line, from 1; the end of the text where there is no such line.</summary>
    public int LineStart(int line)
    {
        var offset = 0;
        for (var left = line - 1; left > 0; left--)
        {
            var end = Utf8.Span[offset..].IndexOf((byte)'\n');
            if (end < 0)
            {
                return Utf8.Length;
            }

            offset += end + 1;
        }

        return offset;
    }

    public ConfigurationFinding Finding(bool isError, int offset, string path, string message)
    {
        var (line, column) = Position(offset);
        return new ConfigurationFinding(isError, File, line, column, path, message);
    }

    private void Read()
    {
        if (Utf8.Length > SizeMaxBytes)
        {
            throw Refuse(0, $"The file has {Utf8.Length} bytes; at most {SizeMaxBytes} are read.");
        }

        if (FirstInvalid(Utf8.Span) is { } invalid)
        {
            throw Refuse(invalid, "The bytes here are not UTF-8.");
        }

        var reader = new Utf8JsonReader(Utf8.Span, Options);
        try
        {
            reader.Read();
            Root = Value(ref reader, "$");
            _path = "$";
            reader.Read();
        }
        catch (JsonException broken)
        {
            throw Refuse(Offset(broken), WithoutPlace(broken.Message));
        }
        catch (InvalidOperationException)
        {
            throw Refuse((int)reader.TokenStartIndex, "Half of a surrogate pair (\\uD800..\\uDFFF) stands alone here.");
        }
    }

    private JsonNodeAt Value(ref Utf8JsonReader reader, string path)
    {
        _path = path;
        var node = new JsonNodeAt(KindOf(reader.TokenType), (int)reader.TokenStartIndex, 0, path);
        node = reader.TokenType switch
        {
            JsonTokenType.StartObject => node with { Properties = Object(ref reader, path) },
            JsonTokenType.StartArray => node with { Items = Array(ref reader, path) },
            JsonTokenType.String => node with { Text = reader.GetString()! },
            JsonTokenType.Number => node with { Text = Encoding.UTF8.GetString(reader.ValueSpan) },
            _ => node,
        };
        return node with { End = (int)reader.BytesConsumed };
    }

    private ImmutableArray<JsonPropertyAt> Object(ref Utf8JsonReader reader, string path)
    {
        var properties = ImmutableArray.CreateBuilder<JsonPropertyAt>();
        var seen = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            var name = reader.GetString()!;
            var inner = $"{path}.{name}";
            if (!seen.TryAdd(name, start))
            {
                _path = inner;
                throw Refuse(start, $"The key \"{name}\" is there already, in line {Position(seen[name]).Line}.");
            }

            reader.Read();
            properties.Add(new JsonPropertyAt(name, start, Value(ref reader, inner)));
        }

        return properties.ToImmutable();
    }

    private ImmutableArray<JsonNodeAt> Array(ref Utf8JsonReader reader, string path)
    {
        var items = ImmutableArray.CreateBuilder<JsonNodeAt>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(Value(ref reader, $"{path}[{items.Count}]"));
        }

        return items.ToImmutable();
    }

    private static JsonValueKind KindOf(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => JsonValueKind.Object,
        JsonTokenType.StartArray => JsonValueKind.Array,
        JsonTokenType.String => JsonValueKind.String,
        JsonTokenType.Number => JsonValueKind.Number,
        JsonTokenType.True => JsonValueKind.True,
        JsonTokenType.False => JsonValueKind.False,
        _ => JsonValueKind.Null,
    };

    private static int? FirstInvalid(ReadOnlySpan<byte> utf8)
    {
        if (System.Text.Unicode.Utf8.IsValid(utf8))
        {
            return null;
        }

        var offset = 0;
        while (Rune.DecodeFromUtf8(utf8[offset..], out _, out var consumed) == System.Buffers.OperationStatus.Done)
        {
            offset += consumed;
        }

        return offset;
    }

    private ConfigurationException Refuse(int offset, string message) => new([Finding(true, offset, _path, message)]);

    /// <summary>From the reader's line and byte, both from 0.</summary>
    private int Offset(JsonException broken)
    {
        var offset = 0;
        for (var line = broken.LineNumber ?? 0; line > 0; line--)
        {
            offset += Utf8.Span[offset..].IndexOf((byte)'\n') + 1;
        }

        return offset + (int)(broken.BytePositionInLine ?? 0);
    }

    /// <summary>The reader ends its messages with a place that counts from 0; ours counts from 1.</summary>
    private static string WithoutPlace(string message) =>
        message.Split(" LineNumber: ", 2)[0].Split(" Path: ", 2)[0];
}

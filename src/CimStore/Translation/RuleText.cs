using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace CimStore.Translation;

/// <summary>
/// Reads JSON with comments and trailing commas into values that know line and column; the framework's own readers
/// forget them.
/// </summary>
internal ref struct RuleText
{
    public const int SizeMaxBytes = 1 << 20;
    public const int DepthMax = 32;

    private readonly ReadOnlySpan<byte> _utf8;
    private readonly RuleFindings _findings;
    private Utf8JsonReader _reader;
    private int _countedTo;
    private int _lineStart;
    private int _line = 1;

    private RuleText(ReadOnlySpan<byte> utf8, RuleFindings findings)
    {
        _utf8 = utf8;
        _findings = findings;
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
            MaxDepth = DepthMax,
        });
    }

    /// <returns>Null when it is no JSON; the findings have the place.</returns>
    public static RuleNode? Parse(ReadOnlySpan<byte> utf8, RuleFindings findings)
    {
        utf8 = utf8.StartsWith(Encoding.UTF8.Preamble) ? utf8[3..] : utf8;
        if (utf8.Length > SizeMaxBytes)
        {
            findings.Error(1, 1, $"The file has {utf8.Length} bytes; at most {SizeMaxBytes} are read.");
            return null;
        }

        var text = new RuleText(utf8, findings);
        try
        {
            text._reader.Read();
            var root = text.Value();
            text._reader.Read();
            return root;
        }
        catch (JsonException broken)
        {
            // The message ends with a place that counts from 0.
            var message = broken.Message.Split(" LineNumber:", 2)[0].Split(" Path:", 2)[0];
            var line = (int)(broken.LineNumber ?? 0);
            findings.Error(line + 1, text.ColumnOf(line, (int)(broken.BytePositionInLine ?? 0)), message);
        }
        catch (InvalidOperationException)
        {
            var (line, column) = text.Position();
            findings.Error(line, column, "This text is no UTF-8, or half of a surrogate pair stands alone in it.");
        }

        return null;
    }

    private RuleNode Value()
    {
        var (line, column) = Position();
        var node = new RuleNode(KindOf(_reader.TokenType), line, column);
        return _reader.TokenType switch
        {
            JsonTokenType.StartObject => node with { Members = Members() },
            JsonTokenType.StartArray => node with { Items = Items() },
            JsonTokenType.String => node with { Text = _reader.GetString()! },
            JsonTokenType.Number => node with { Text = Encoding.UTF8.GetString(_reader.ValueSpan) },
            _ => node,
        };
    }

    private ImmutableArray<RuleMember> Members()
    {
        var members = ImmutableArray.CreateBuilder<RuleMember>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var (line, column) = Position();
            var name = _reader.GetString()!;
            if (!seen.Add(name))
            {
                _findings.Error(line, column, $"The key \"{name}\" comes twice.");
            }

            _reader.Read();
            members.Add(new RuleMember(name, line, column, Value()));
        }

        return members.ToImmutable();
    }

    private ImmutableArray<RuleNode> Items()
    {
        var items = ImmutableArray.CreateBuilder<RuleNode>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(Value());
        }

        return items.ToImmutable();
    }

    /// <summary>Of the current token. Tokens come in order, so lines are counted once.</summary>
    private (int Line, int Column) Position()
    {
        var start = (int)_reader.TokenStartIndex;
        for (var next = Newline(_countedTo, start); next >= 0; next = Newline(_lineStart, start))
        {
            _line++;
            _lineStart = next + 1;
        }

        _countedTo = start;
        return (_line, Characters(_utf8[_lineStart..start]) + 1);
    }

    private readonly int Newline(int from, int to) =>
        from < to && _utf8[from..to].IndexOf((byte)'\n') is >= 0 and var at ? from + at : -1;

    private readonly int ColumnOf(int line, int bytes)
    {
        var start = 0;
        for (; line > 0; line--)
        {
            start += _utf8[start..].IndexOf((byte)'\n') + 1;
        }

        return Characters(_utf8.Slice(start, Math.Min(bytes, _utf8.Length - start))) + 1;
    }

    /// <summary>A byte 10xxxxxx goes on with a character that was counted.</summary>
    private static int Characters(ReadOnlySpan<byte> utf8)
    {
        var count = 0;
        foreach (var unit in utf8)
        {
            count += (unit & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
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
}

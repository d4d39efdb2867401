using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace CimStore.Policies;

/// <summary>
/// Walks through JSON and knows the line of each token. What is wrong is noted and passed over, so that one reading
/// tells all that is wrong; only text that is no JSON ends it, by <see cref="JsonException"/>.
/// </summary>
internal ref struct PolicyCursor
{
    private const int DepthMax = 16;

    private readonly ReadOnlySpan<byte> _utf8;
    private Utf8JsonReader _reader;
    private int _countedTo;
    private int _line;

    public PolicyCursor(ReadOnlySpan<byte> utf8, int firstLine)
    {
        _utf8 = utf8;
        _line = firstLine;
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
            MaxDepth = DepthMax,
        });
    }

    public List<PolicyFinding> Errors { get; } = [];

    public readonly JsonTokenType Token => _reader.TokenType;

    /// <summary>Of the current token.</summary>
    public int Line
    {
        get
        {
            var start = (int)_reader.TokenStartIndex;
            _line += _utf8[_countedTo..start].Count((byte)'\n');
            _countedTo = start;
            return _line;
        }
    }

    /// <returns>False at the end of the text.</returns>
    public bool Read() => _reader.Read();

    public void Refuse(string text) => Refuse(Line, text);

    public readonly void Refuse(int line, string text) =>
        Errors.Add(new PolicyFinding(PolicySeverity.Error, line, text));

    /// <summary>Says what is wrong with the current value and passes over all of it.</summary>
    public void Pass(string text)
    {
        Refuse(text);
        _reader.Skip();
    }

    public bool Enters(JsonTokenType opening, string allowed)
    {
        if (Token == opening)
        {
            return true;
        }

        Pass($"Allowed here is {allowed}.");
        return false;
    }

    /// <summary>Goes to the next element of an array.</summary>
    /// <returns>False at its end.</returns>
    public bool NextElement() => _reader.Read() && Token != JsonTokenType.EndArray;

    /// <summary>Goes to the value of the next key of an object; keys that are not allowed or come twice are refused.
    /// </summary>
    /// <returns>False at its end.</returns>
    public bool NextKey(ReadOnlySpan<string> allowed, HashSet<string> seen, [NotNullWhen(true)] out string? key)
    {
        while (_reader.Read() && Token != JsonTokenType.EndObject)
        {
            key = Decoded();
            var line = Line;
            _reader.Read();
            if (allowed.Contains(key) && seen.Add(key))
            {
                return true;
            }

            Refuse(line, allowed.Contains(key)
                ? $"The key \"{key}\" comes twice."
                : $"The key \"{key}\" is not known. Allowed here: {string.Join(", ", allowed!)}.");
            _reader.Skip();
        }

        key = null;
        return false;
    }

    public string? Text(string allowed)
    {
        if (Token == JsonTokenType.String)
        {
            return Decoded();
        }

        Pass($"Allowed here is {allowed}.");
        return null;
    }

    public long? Whole(string allowed)
    {
        if (Token == JsonTokenType.Number && _reader.TryGetInt64(out var value) && value >= 0)
        {
            return value;
        }

        Pass($"Allowed here is {allowed}.");
        return null;
    }

    /// <summary>A string that a unit's reader understands.</summary>
    public T? Parsed<T>(string allowed, Func<string, T?> parse)
        where T : struct
    {
        if (Text(allowed) is not { } text)
        {
            return null;
        }

        if (parse(text) is { } value)
        {
            return value;
        }

        Refuse($"\"{text}\" is not {allowed}.");
        return null;
    }

    /// <summary>The reader finds out that text is none when it is asked for it, and tells so by throwing.</summary>
    private string Decoded()
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            Refuse("This text is no UTF-8, or half of a surrogate pair.");
            return "";
        }
    }
}

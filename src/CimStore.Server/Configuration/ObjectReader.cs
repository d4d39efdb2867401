using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace CimStore.Server.Configuration;

/// <summary>
/// Reads the keys of one object. What is wrong is noted and answered with the default, so that the rest is read too.
/// </summary>
internal sealed class ObjectReader
{
    private readonly JsonNodeAt _node;
    private readonly ConfigurationFindings _findings;

    /// <summary>Notes what is no object, and keys that are not known.</summary>
    public ObjectReader(JsonNodeAt node, ImmutableArray<string> keys, ConfigurationFindings findings)
    {
        (_node, _findings) = (node, findings);
        if (node.Kind != JsonValueKind.Object)
        {
            findings.Error(node, $"Found {node.Describe()}; allowed is an object.");
        }

        foreach (var property in node.Properties.Where(property => !keys.Contains(property.Name)))
        {
            findings.ErrorAtKey(
                property, $"The key \"{property.Name}\" is unknown. {NearestWord.Allowed(property.Name, keys)}");
        }
    }

    public JsonNodeAt Node => _node;

    /// <summary>The value, when it is there and not null.</summary>
    public JsonNodeAt? Find(string key) =>
        _node.Find(key)?.Value is { Kind: not JsonValueKind.Null } value ? value : null;

    public JsonNodeAt? Require(string key, string allowed)
    {
        // What is no object was told already; that it lacks keys is no news.
        if (Find(key) is not { } value && _node.Kind == JsonValueKind.Object)
        {
            _findings.Error(_node, $"The key \"{key}\" is missing: {allowed}.");
            return null;
        }

        return Find(key);
    }

    public ObjectReader? Object(string key, ImmutableArray<string> keys) =>
        Find(key) is { } value ? new ObjectReader(value, keys, _findings) : null;

    public ImmutableArray<JsonNodeAt> Items(JsonNodeAt node, string allowed) => node.Kind == JsonValueKind.Array
        ? node.Items
        : Wrong(node, allowed, ImmutableArray<JsonNodeAt>.Empty);

    /// <summary>1..<paramref name="lengthMax"/> characters, none of them a control character.</summary>
    public string? Text(string key, int lengthMax)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        return value is { Kind: JsonValueKind.String, Text.Length: > 0 }
            && value.Text.Length <= lengthMax && !value.Text.Any(char.IsControl)
            ? value.Text
            : Wrong<string?>(value, $"a string of 1..{lengthMax} characters, no control characters", null);
    }

    public T Word<T>(string key, ImmutableArray<(string Word, T Value)> words, T otherwise) =>
        Find(key) is { } value ? Word(value, words, otherwise) : otherwise;

    public T Word<T>(JsonNodeAt value, ImmutableArray<(string Word, T Value)> words, T otherwise)
    {
        if (value.Kind == JsonValueKind.String)
        {
            foreach (var (word, meaning) in words)
            {
                if (word == value.Text)
                {
                    return meaning;
                }
            }
        }

        var allowed = NearestWord.Allowed(value.Text, [.. words.Select(pair => pair.Word)]);
        _findings.Error(value, $"Found {value.Describe()}. {allowed}");
        return otherwise;
    }

    public bool Flag(string key) => Find(key) switch
    {
        null => false,
        { Kind: JsonValueKind.True or JsonValueKind.False } value => value.Kind == JsonValueKind.True,
        { } value => Wrong(value, "true or false", false),
    };

    public int Count(string key, int min, int max, int otherwise) => Find(key) is not { } value
        ? otherwise
        : value.Kind == JsonValueKind.Number
            && int.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count)
            && count >= min && count <= max
            ? count
            : Wrong(value, $"a whole number {min}..{max}", otherwise);

    public double Dollars(string key, double max) => Find(key) is not { } value
        ? 0
        : value.Kind == JsonValueKind.Number
            && double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var dollars)
            && dollars >= 0 && dollars <= max
            ? dollars
            : Wrong(value, string.Create(CultureInfo.InvariantCulture, $"US dollars as a number 0..{max}"), 0.0);

    public double Share(string key, double otherwise) => Find(key) is not { } value
        ? otherwise
        : value.Kind == JsonValueKind.Number
            && double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share)
            && share is >= 0.01 and <= 1
            ? share
            : Wrong(value, "a share as a number 0.01..1", otherwise);

    public long Size(string key, long min, long max, long otherwise) => Find(key) is not { } value
        ? otherwise
        : value.Kind is JsonValueKind.Number or JsonValueKind.String
            && Quantity.Size(value.Text) is { } size && size >= min && size <= max
            ? size
            : Wrong(value, $"{Quantity.Of(min)}..{Quantity.Of(max)}, as {Quantity.SizesAllowed}", otherwise);

    public TimeSpan Duration(string key, TimeSpan min, TimeSpan max, TimeSpan otherwise) => Find(key) is not { } value
        ? otherwise
        : value.Kind == JsonValueKind.String
            && Quantity.Duration(value.Text) is { } duration && duration >= min && duration <= max
            ? duration
            : Wrong(
                value, $"{Quantity.Of(min)}..{Quantity.Of(max)}, as {Quantity.DurationsAllowed}", otherwise);

    private T Wrong<T>(JsonNodeAt value, string allowed, T otherwise)
    {
        _findings.Error(value, $"Found {value.Describe()}; allowed is {allowed}.");
        return otherwise;
    }
}

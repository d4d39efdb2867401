using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CimStore.Server.Tests.Configuration;

/// <summary>
/// Validates against the keywords of JSON Schema 2020-12 that our schema uses; a keyword it does not know is a failure,
/// so that none is passed over.
/// </summary>
internal sealed class JsonSchemaSubset(JsonElement root)
{
    private static readonly string[] Annotations =
        ["$schema", "$id", "$defs", "title", "description", "default", "deprecated"];

    /// <returns>The places that do not fit; none when the value is valid.</returns>
    public List<string> Validate(JsonElement value) => Validate(value, root, "$");

    private List<string> Validate(JsonElement value, JsonElement schema, string at)
    {
        List<string> problems = [];
        foreach (var keyword in schema.EnumerateObject().Where(keyword => !Annotations.Contains(keyword.Name)))
        {
            if (!Holds(value, schema, keyword, at, problems))
            {
                problems.Add($"{at}: {keyword.Name}");
            }
        }

        return problems;
    }

    private bool Holds(JsonElement value, JsonElement schema, JsonProperty keyword, string at, List<string> problems)
    {
        var want = keyword.Value;
        switch (keyword.Name)
        {
            case "$ref":
                problems.AddRange(Validate(value, Resolve(want.GetString()!), at));
                return true;
            case "type":
                return want.ValueKind == JsonValueKind.String
                    ? Is(value, want.GetString()!)
                    : want.EnumerateArray().Any(one => Is(value, one.GetString()!));
            case "const":
                return JsonElement.DeepEquals(value, want);
            case "enum":
                return want.EnumerateArray().Any(one => JsonElement.DeepEquals(value, one));
            case "anyOf":
                return want.EnumerateArray().Any(one => Validate(value, one, at).Count == 0);
            case "oneOf":
                return want.EnumerateArray().Count(one => Validate(value, one, at).Count == 0) == 1;
            default:
                return value.ValueKind switch
                {
                    JsonValueKind.Object => HoldsOfObject(value, schema, keyword, at, problems),
                    JsonValueKind.Array => HoldsOfArray(value, schema, keyword, at, problems),
                    JsonValueKind.String => HoldsOfString(value.GetString()!, keyword),
                    JsonValueKind.Number => HoldsOfNumber(value.GetDouble(), keyword),
                    _ => true,
                };
        }
    }

    private bool HoldsOfObject(
        JsonElement value, JsonElement schema, JsonProperty keyword, string at, List<string> problems)
    {
        switch (keyword.Name)
        {
            case "properties":
                foreach (var property in value.EnumerateObject())
                {
                    if (keyword.Value.TryGetProperty(property.Name, out var inner))
                    {
                        problems.AddRange(Validate(property.Value, inner, $"{at}.{property.Name}"));
                    }
                }

                return true;
            case "required":
                return keyword.Value.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _));
            case "additionalProperties":
                return value.EnumerateObject().All(
                    property => schema.GetProperty("properties").TryGetProperty(property.Name, out _));
            default:
                return IsOfAnotherType(keyword, "properties", "required", "additionalProperties");
        }
    }

    private bool HoldsOfArray(
        JsonElement value, JsonElement schema, JsonProperty keyword, string at, List<string> problems)
    {
        var items = value.EnumerateArray().ToList();
        switch (keyword.Name)
        {
            case "items":
                problems.AddRange(items.SelectMany((item, i) => Validate(item, keyword.Value, $"{at}[{i}]")));
                return true;
            case "minItems":
                return items.Count >= keyword.Value.GetInt32();
            case "maxItems":
                return items.Count <= keyword.Value.GetInt32();
            case "uniqueItems":
                return items.Select(item => item.GetRawText()).Distinct().Count() == items.Count;
            case "contains":
                var count = items.Count(item => Validate(item, keyword.Value, at).Count == 0);
                return count >= 1
                    && (!schema.TryGetProperty("maxContains", out var max) || count <= max.GetInt32());
            default:
                return IsOfAnotherType(keyword);
        }
    }

    private static bool HoldsOfString(string value, JsonProperty keyword) => keyword.Name switch
    {
        "minLength" => value.EnumerateRunes().Count() >= keyword.Value.GetInt32(),
        "maxLength" => value.EnumerateRunes().Count() <= keyword.Value.GetInt32(),
        "pattern" => Regex.IsMatch(value, keyword.Value.GetString()!),
        _ => IsOfAnotherType(keyword),
    };

    private static bool HoldsOfNumber(double value, JsonProperty keyword) => keyword.Name switch
    {
        "minimum" => value >= keyword.Value.GetDouble(),
        "maximum" => value <= keyword.Value.GetDouble(),
        _ => IsOfAnotherType(keyword),
    };

    /// <summary>A keyword that says nothing of this kind of value.</summary>
    private static bool IsOfAnotherType(JsonProperty keyword, params string[] own) =>
        !own.Contains(keyword.Name) && keyword.Name is "properties" or "required" or "additionalProperties" or "items"
            or "minItems" or "maxItems" or "uniqueItems" or "contains" or "maxContains" or "minLength" or "maxLength"
            or "pattern" or "minimum" or "maximum"
            ? true
            : throw new NotSupportedException($"The keyword {keyword.Name} is not known here.");

    private static bool Is(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && double.IsInteger(value.GetDouble()),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => throw new NotSupportedException($"The type {type} is not known here."),
    };

    private JsonElement Resolve(string reference) => reference[2..].Split('/').Aggregate(
        root, (element, name) => element.ValueKind == JsonValueKind.Array
            ? element[int.Parse(name, CultureInfo.InvariantCulture)]
            : element.GetProperty(name));
}

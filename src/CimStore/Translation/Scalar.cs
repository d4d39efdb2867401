using System.Text.Json;

namespace CimStore.Translation;

/// <summary>A JSON value that is no container: of an event, or written in a rule.</summary>
/// <param name="Kind">String, Number, True, False or Null.</param>
/// <param name="Text">The characters of a string, the digits of a number as they stand, <c>true</c>, ...</param>
public readonly record struct Scalar(JsonValueKind Kind, string Text)
{
    private const int ShownMax = 60;

    public static readonly Scalar Null = new(JsonValueKind.Null, "null");

    public static Scalar Of(string? text) => text is null ? Null : new Scalar(JsonValueKind.String, text);

    public static Scalar Of(bool value) =>
        value ? new Scalar(JsonValueKind.True, "true") : new Scalar(JsonValueKind.False, "false");

    public static Scalar Number(string digits) => new(JsonValueKind.Number, digits);

    /// <returns>Null for an object, an array, and what is there not at all.</returns>
    /// <exception cref="InvalidOperationException">The string is no Unicode.</exception>
    public static Scalar? Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => new Scalar(JsonValueKind.String, element.GetString()!),
        JsonValueKind.Number => Number(element.GetRawText()),
        JsonValueKind.True or JsonValueKind.False => Of(element.ValueKind == JsonValueKind.True),
        JsonValueKind.Null => Null,
        _ => null,
    };

    /// <summary>For a message: what was found, cut short.</summary>
    public string Describe()
    {
        var shown = Text.Length > ShownMax ? Text[..ShownMax] + "..." : Text;
        return Kind == JsonValueKind.String ? $"\"{shown}\"" : shown;
    }
}

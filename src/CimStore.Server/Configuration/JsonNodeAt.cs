using System.Collections.Immutable;
using System.Text.Json;

namespace CimStore.Server.Configuration;

/// <summary>A JSON value that knows where it stands.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Its first byte in the source.</param>
/// <param name="End">The byte behind it.</param>
/// <param name="Path">As <c>$.locations[1].tier</c>.</param>
public sealed record JsonNodeAt(JsonValueKind Kind, int Start, int End, string Path)
{
    private const int ShownMax = 60;

    /// <summary>The characters of a string, the digits of a number; empty for the others.</summary>
    public string Text { get; init; } = "";

    public ImmutableArray<JsonPropertyAt> Properties { get; init; } = [];

    public ImmutableArray<JsonNodeAt> Items { get; init; } = [];

    public JsonPropertyAt? Find(string name) => Properties.FirstOrDefault(property => property.Name == name);

    /// <summary>For an error: what was found here.</summary>
    public string Describe() => Kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => $"a list of {Items.Length}",
        JsonValueKind.String => $"\"{(Text.Length > ShownMax ? Text[..ShownMax] + "..." : Text)}\"",
        JsonValueKind.Number => Text,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };
}

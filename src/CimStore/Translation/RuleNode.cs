using System.Collections.Immutable;
using System.Text.Json;

namespace CimStore.Translation;

/// <summary>A JSON value of a rule file that knows where it stands.</summary>
internal sealed record RuleNode(JsonValueKind Kind, int Line, int Column)
{
    /// <summary>The characters of a string, the digits of a number.</summary>
    public string Text { get; init; } = "";

    public ImmutableArray<RuleMember> Members { get; init; } = [];

    public ImmutableArray<RuleNode> Items { get; init; } = [];

    public RuleNode? Find(string name) => Members.FirstOrDefault(member => member.Name == name)?.Value;

    public Scalar? Scalar => Kind switch
    {
        JsonValueKind.String or JsonValueKind.Number => new Scalar(Kind, Text),
        JsonValueKind.True or JsonValueKind.False => Translation.Scalar.Of(Kind == JsonValueKind.True),
        JsonValueKind.Null => Translation.Scalar.Null,
        _ => null,
    };

    public string Describe() =>
        Scalar?.Describe() ?? (Kind == JsonValueKind.Object ? "an object" : $"a list of {Items.Length}");
}

using System.Collections.Immutable;
using System.Text;
using CimStore.Journal;

namespace CimStore.Translation;

/// <summary>Text with placeholders in it. One that is a placeholder alone keeps that one's kind: a number stays one.
/// </summary>
public sealed class TemplateText
{
    private const string Opening = "{{";
    private const string Closing = "}}";

    private readonly ImmutableArray<(string Literal, Placeholder? Placeholder)> _parts;

    private TemplateText(ImmutableArray<(string Literal, Placeholder? Placeholder)> parts) => _parts = parts;

    public IEnumerable<Placeholder> Placeholders => _parts.Select(part => part.Placeholder).OfType<Placeholder>();

    public static bool HasPlaceholder(string text) => text.Contains(Opening, StringComparison.Ordinal);

    /// <summary>The text with the same word in the place of every placeholder.</summary>
    public string With(string word) =>
        string.Concat(_parts.Select(part => part.Literal + (part.Placeholder is null ? "" : word)));

    /// <param name="text">As it stands in the file.</param>
    /// <param name="problem">What is wrong with it; null when nothing is.</param>
    public static TemplateText Parse(string text, out string? problem)
    {
        problem = null;
        var parts = ImmutableArray.CreateBuilder<(string, Placeholder?)>();
        var rest = text.AsSpan();
        for (var at = rest.IndexOf(Opening); at >= 0 && problem is null; at = rest.IndexOf(Opening))
        {
            var literal = rest[..at].ToString();
            rest = rest[(at + Opening.Length)..];
            var end = rest.IndexOf(Closing);
            var name = end < 0 ? "" : rest[..end].Trim().ToString();
            var found = Translation.Placeholders.Find(name);
            problem = end < 0 ? "A placeholder that begins with {{ must end with }}."
                : found is null ? $"There is no placeholder {{{{{name}}}}}. Allowed: "
                    + $"{string.Join(", ", Translation.Placeholders.All.Select(one => one.Name))}."
                : null;
            parts.Add((literal, found));
            rest = end < 0 ? [] : rest[(end + Closing.Length)..];
        }

        if (!rest.IsEmpty || parts.Count == 0)
        {
            parts.Add((rest.ToString(), null));
        }

        return new TemplateText(parts.ToImmutable());
    }

    /// <summary>What is not there is empty inside a text, and null alone.</summary>
    public Scalar Fill(JournalEntry entry)
    {
        if (_parts is [("", { } only)])
        {
            return only.Read(entry);
        }

        var text = new StringBuilder();
        foreach (var (literal, placeholder) in _parts)
        {
            text.Append(literal);
            if (placeholder?.Read(entry) is { Kind: not System.Text.Json.JsonValueKind.Null } value)
            {
                text.Append(value.Text);
            }
        }

        return Scalar.Of(text.ToString());
    }
}

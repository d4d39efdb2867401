using System.Collections.Immutable;
using System.Text.Json;

namespace CimStore.Translation;

/// <summary>
/// Reads the keys of one object. What is wrong is noted and answered with nothing, so that the rest is read too.
/// </summary>
internal sealed class RuleObject
{
    private static readonly string[] FieldKeys = ["at", "default", "optional"];

    private readonly RuleFindings _findings;

    /// <summary>Notes what is no object, and keys that are not known.</summary>
    public RuleObject(RuleNode node, ReadOnlySpan<string> keys, RuleFindings findings)
    {
        (Node, _findings) = (node, findings);
        if (node.Kind != JsonValueKind.Object)
        {
            findings.Error(node, $"Found {node.Describe()}; allowed is an object with {string.Join(", ", keys!)}.");
        }

        foreach (var member in node.Members)
        {
            if (!keys.Contains(member.Name))
            {
                findings.Error(member.Line, member.Column,
                    $"The key \"{member.Name}\" is unknown. Allowed: {string.Join(", ", keys!)}.");
            }
        }
    }

    public RuleNode Node { get; }

    public RuleNode? Find(string key) => Node.Find(key) is { Kind: not JsonValueKind.Null } value ? value : null;

    public RuleNode? Require(string key, string allowed)
    {
        var found = Find(key);

        // What is no object was told already; that it lacks keys is no news.
        if (found is null && Node.Kind == JsonValueKind.Object)
        {
            _findings.Error(Node, $"The key \"{key}\" is missing: {allowed}.");
        }

        return found;
    }

    public ImmutableArray<RuleNode> Items(string key, int max, bool isRequired)
    {
        var allowed = $"a list of {(isRequired ? 1 : 0)}..{max}";
        if ((isRequired ? Require(key, allowed) : Find(key)) is not { } list)
        {
            return [];
        }

        if (list.Kind == JsonValueKind.Array && list.Items.Length >= (isRequired ? 1 : 0) && list.Items.Length <= max)
        {
            return list.Items;
        }

        _findings.Error(list, $"Found {list.Describe()}; allowed is {allowed}.");
        return [];
    }

    public ImmutableArray<RuleMember> Members(string key, int max)
    {
        if (Find(key) is not { } map)
        {
            return [];
        }

        if (map.Kind == JsonValueKind.Object && map.Members.Length <= max)
        {
            return map.Members;
        }

        _findings.Error(map, $"Found {map.Describe()}; allowed is an object of at most {max} keys.");
        return [];
    }

    public string? Text(string key, int lengthMax, bool isRequired = true)
    {
        var allowed = $"a string of 1..{lengthMax} characters, no control characters";
        if ((isRequired ? Require(key, allowed) : Find(key)) is not { } value)
        {
            return null;
        }

        if (value is { Kind: JsonValueKind.String, Text.Length: > 0 } && value.Text.Length <= lengthMax
            && !value.Text.Any(char.IsControl))
        {
            return value.Text;
        }

        _findings.Error(value, $"Found {value.Describe()}; allowed is {allowed}.");
        return null;
    }

    /// <summary>A value that stands in the file itself.</summary>
    public FieldValue<T>? Literal<T>(string key, FieldForm<T> form) =>
        Find(key) is { } value ? Literal(value, form) : null;

    /// <summary>A literal, or an object that says where in the event the value is.</summary>
    public RuleField<T>? Field<T>(string key, FieldForm<T> form)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        if (value.Kind != JsonValueKind.Object)
        {
            return new RuleField<T>(null, form, Literal(value, form), IsOptional: false);
        }

        var field = new RuleObject(value, FieldKeys, _findings);
        var at = field.Pointer("at");
        var isOptional = field.Literal("optional", FieldForms.Flag)?.Value ?? false;
        return new RuleField<T>(at, form, field.Literal("default", form), isOptional);
    }

    public RuleField<T>? RequireField<T>(string key, FieldForm<T> form)
    {
        Require(key, $"{form.Words}, or {{\"at\": POINTER}}");
        var field = Field(key, form);
        if (field is { IsOptional: true, Default: null })
        {
            _findings.Error(Find(key)!, $"The key \"{key}\" cannot be optional here: give it a default, or none.");
        }

        return field;
    }

    public JsonPointer? Pointer(string key)
    {
        if (Require(key, "a JSON pointer, such as \"/invoice/number\"") is not { } value)
        {
            return null;
        }

        var reason = $"found {value.Describe()}";
        if (value.Kind == JsonValueKind.String && JsonPointer.TryParse(value.Text, out var pointer, out reason))
        {
            return pointer;
        }

        _findings.Error(value, $"This is no JSON pointer: {reason}.");
        return null;
    }

    private FieldValue<T>? Literal<T>(RuleNode value, FieldForm<T> form)
    {
        if (value.Scalar is { } scalar && form.Read(scalar) is { } read)
        {
            return read;
        }

        _findings.Error(value, $"Found {value.Describe()}; allowed is {form.Words}.");
        return null;
    }
}

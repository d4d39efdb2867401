using System.Collections.Immutable;
using System.Text.Json;
using CimStore.Journal;

namespace CimStore.Translation;

/// <summary>A JSON value of a template. Closed.</summary>
public abstract record TemplateNode
{
    private TemplateNode()
    {
    }

    public sealed record Map(ImmutableArray<KeyValuePair<string, TemplateNode>> Members) : TemplateNode;

    public sealed record List(ImmutableArray<TemplateNode> Items) : TemplateNode;

    public sealed record Text(TemplateText Value) : TemplateNode;

    public sealed record Literal(Scalar Value) : TemplateNode;

    public void Write(Utf8JsonWriter writer, JournalEntry entry)
    {
        ArgumentNullException.ThrowIfNull(writer);
        switch (this)
        {
            case Map map:
                writer.WriteStartObject();
                foreach (var (name, value) in map.Members)
                {
                    writer.WritePropertyName(name);
                    value.Write(writer, entry);
                }

                writer.WriteEndObject();
                break;
            case List list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                {
                    item.Write(writer, entry);
                }

                writer.WriteEndArray();
                break;
            case Text text:
                Write(writer, text.Value.Fill(entry));
                break;
            case Literal literal:
                Write(writer, literal.Value);
                break;
        }
    }

    private static void Write(Utf8JsonWriter writer, Scalar value)
    {
        switch (value.Kind)
        {
            case JsonValueKind.String:
                writer.WriteStringValue(value.Text);
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(value.Text);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                writer.WriteBooleanValue(value.Kind == JsonValueKind.True);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }
}

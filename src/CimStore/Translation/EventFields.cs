using System.Text;
using System.Text.Json;

namespace CimStore.Translation;

/// <summary>
/// Reads values out of one event. The first that cannot be had is the problem; what is read after it is of no account.
/// </summary>
internal sealed class EventFields(JsonElement root)
{
    public const string Missing = "field-missing";
    public const string Invalid = "field-invalid";

    /// <summary>Code and reason of the first problem.</summary>
    public (string Code, string Reason)? Problem { get; private set; }

    /// <returns>Null when it is optional and not there, or on a problem.</returns>
    public FieldValue<T>? Read<T>(RuleField<T>? field, string name)
    {
        if (field is null)
        {
            return null;
        }

        if (field.At is not { } at)
        {
            return field.Default;
        }

        if (Find(at) is not { ValueKind: not JsonValueKind.Null } found)
        {
            return field.Default ?? (field.IsOptional ? null : Refuse<T>(Missing, $"{at}: nothing is there; \"{name}\" "
                + $"needs {field.Form.Words}."));
        }

        if (Scalar.Of(found) is not { } scalar)
        {
            return Refuse<T>(Invalid, $"{at}: found {Describe(found)}; \"{name}\" needs {field.Form.Words}.");
        }

        return field.Form.Read(scalar) ?? Refuse<T>(
            Invalid, $"{at}: found {scalar.Describe()}; \"{name}\" needs {field.Form.Words}.");
    }

    /// <inheritdoc cref="Read{T}"/>
    public ReadOnlyMemory<byte>? Bytes(ContentField field)
    {
        if (Find(field.At) is not { } found
            || (found.ValueKind == JsonValueKind.Null && field.Encoding != ContentEncoding.Json))
        {
            return field.IsOptional ? null
                : Refuse(Missing, $"{field.At}: nothing is there; \"content\" needs {Form(field.Encoding)}.");
        }

        if (field.Encoding == ContentEncoding.Json)
        {
            return Encoding.UTF8.GetBytes(found.GetRawText());
        }

        if (found.ValueKind == JsonValueKind.String)
        {
            if (field.Encoding == ContentEncoding.Text)
            {
                return Encoding.UTF8.GetBytes(found.GetString()!);
            }

            if (found.TryGetBytesFromBase64(out var bytes))
            {
                return bytes;
            }
        }

        return Refuse(
            Invalid, $"{field.At}: found {Describe(found)}; \"content\" needs {Form(field.Encoding)}.");
    }

    /// <summary>Values that are optional one by one, of which some one has to be there.</summary>
    public void Lacks(string reason) => Problem ??= (Missing, reason);

    public bool Holds(RuleCondition condition) =>
        condition.At.Find(root) is { } found && Scalar.Of(found) is { } scalar && scalar == condition.Value;

    private JsonElement? Find(JsonPointer at) => at.Find(root);

    private FieldValue<T>? Refuse<T>(string code, string reason)
    {
        Problem ??= (code, reason);
        return null;
    }

    private ReadOnlyMemory<byte>? Refuse(string code, string reason)
    {
        Problem ??= (code, reason);
        return null;
    }

    private static string Form(ContentEncoding encoding) => encoding switch
    {
        ContentEncoding.Base64 => "a string in base64 with padding",
        ContentEncoding.Text => "a string",
        _ => "a value",
    };

    private static string Describe(JsonElement found) => found.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => $"an array of {found.GetArrayLength()}",
        _ => Scalar.Of(found)?.Describe() ?? "nothing",
    };
}

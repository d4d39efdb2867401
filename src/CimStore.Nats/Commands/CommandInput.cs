using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;
using CimStore.Engine;
using NATS.Client.Core;

namespace CimStore.Nats.Commands;

/// <summary>
/// The members of a command, wherever they stand: in the JSON body, or in headers where the body is content. Unknown
/// members are refused, so that a word spelt wrong is never a default taken in silence.
/// </summary>
internal sealed class CommandInput : IDisposable
{
    private const int DepthMax = 8;

    private static readonly JsonDocumentOptions Form = new()
    {
        MaxDepth = DepthMax,

        // Two readers of one command must not see two commands.
        AllowDuplicateProperties = false,
    };

    private static readonly string[] Escaped = [CommandVerb.Actor, "owner", "namespace", "name"];

    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase);
    private JsonDocument? _body;
    private byte[]? _rented;

    private CommandInput(CommandVerb verb) => Verb = verb;

    public CommandVerb Verb { get; }

    /// <summary>The body where it is content itself; null where it is JSON, or where there is none.</summary>
    public ReadOnlyMemory<byte>? Content { get; private set; }

    /// <summary>The headers alone: enough to say whose command it was, also when its body cannot be read.</summary>
    public static CommandInput OfHeaders(CommandVerb verb, NatsHeaders? headers)
    {
        var input = new CommandInput(verb);
        foreach (var (name, values) in headers ?? [])
        {
            if (values.Count > 0 && values[^1] is { } value)
            {
                input._headers[name] = value;
            }
        }

        return input;
    }

    /// <summary>Takes the body too. The memory must live as long as this.</summary>
    /// <exception cref="RefusedException">It is no JSON, or has a member that this command does not know.</exception>
    public void ReadBody(ReadOnlyMemory<byte> payload)
    {
        if (Verb == CommandVerb.Store && !IsJson())
        {
            Content = payload;
            return;
        }

        if (payload.IsEmpty)
        {
            return;
        }

        try
        {
            _body = JsonDocument.Parse(payload, Form);
        }
        catch (JsonException broken)
        {
            throw Malformed($"The body of {Verb.Name} is no JSON: {broken.Message}");
        }

        if (_body.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw Malformed($"The body of {Verb.Name} is a JSON object.");
        }

        foreach (var member in _body.RootElement.EnumerateObject())
        {
            if (!Verb.Members.Contains(member.Name) && !CommandVerb.Common.Contains(member.Name))
            {
                throw Malformed(
                    $"The member \"{member.Name}\" is unknown. {Verb.Name} has "
                    + $"{string.Join(", ", Verb.Members.Concat(CommandVerb.Common))}.");
            }
        }
    }

    public string? Header(string name) => _headers.GetValueOrDefault(name);

    /// <returns>Null when it is not there, or null.</returns>
    public string? Text(string member) => Find(member) is not { } found ? null
        : found.Json is not { } json ? found.Header
        : json.ValueKind == JsonValueKind.String ? json.GetString()
        : throw Wrong(member, "a string");

    public bool? Flag(string member) => Find(member) is not { } found ? null
        : found.Json is not { } json ? bool.TryParse(found.Header, out var flag) ? flag : throw Wrong(member, "a bool")
        : json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean()
        : throw Wrong(member, "true or false");

    public long? Number(string member, long min, long max)
    {
        if (Find(member) is not { } found)
        {
            return null;
        }

        var isNumber = long.TryParse(found.Header, out var value)
            || (found.Json is { ValueKind: JsonValueKind.Number } json && json.TryGetInt64(out value));
        return isNumber && value >= min && value <= max ? value : throw Wrong(member, $"a number {min}..{max}");
    }

    /// <summary>The value as it stands in the body, for what has a form of its own.</summary>
    public JsonElement? Element(string member) => Find(member)?.Json;

    /// <summary>The bytes of a base64 string; they live as long as this.</summary>
    public ReadOnlyMemory<byte>? Bytes(string member)
    {
        if (Element(member) is not { } json)
        {
            return null;
        }

        var quoted = json.ValueKind == JsonValueKind.String ? JsonMarshal.GetRawUtf8Value(json) : default;
        if (quoted.Length < 2)
        {
            throw Wrong(member, "a base64 string");
        }

        _rented ??= ArrayPool<byte>.Shared.Rent(Base64.GetMaxDecodedFromUtf8Length(quoted.Length));
        var status = Base64.DecodeFromUtf8(quoted[1..^1], _rented, out _, out var size);
        return status == OperationStatus.Done ? _rented.AsMemory(0, size) : throw Wrong(member, "base64 with padding");
    }

    public RefusedException Wrong(string member, string wanted) => new(new Refusal(
        "malformed-parameter", $"{member} of {Verb.Name} cannot be read: {wanted} is needed."));

    public void Dispose()
    {
        _body?.Dispose();
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = null;
        }
    }

    private bool IsJson() => Header(CommandHeaders.ContentType) is { } type
        && type.Split(';')[0].Trim().Equals(CommandHeaders.Json, StringComparison.OrdinalIgnoreCase);

    private (JsonElement? Json, string? Header)? Find(string member)
    {
        var header = _headers.GetValueOrDefault(CommandHeaders.Of(member));
        if (header is not null && Escaped.Contains(member))
        {
            header = Uri.UnescapeDataString(header);
        }

        if (_body is null || !_body.RootElement.TryGetProperty(member, out var json)
            || json.ValueKind == JsonValueKind.Null)
        {
            return header is null ? null : (null, header);
        }

        return header is null || (json.ValueKind == JsonValueKind.String ? json.GetString() : json.GetRawText())
            == header
            ? (json, null)
            : throw new RefusedException(new Refusal(
                "malformed-parameter", $"{member} of {Verb.Name} is given twice, in a header and in the body."));
    }

    private static RefusedException Malformed(string detail) => new(new Refusal("malformed-body", detail));
}

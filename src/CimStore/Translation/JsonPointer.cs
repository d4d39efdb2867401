using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace CimStore.Translation;

/// <summary>A place in an event (RFC 6901): <c>/invoice/lines/0/sku</c>; the empty one is the event itself.</summary>
public sealed class JsonPointer
{
    public const int LengthMax = 512;
    public const int TokensMax = 32;

    private readonly string[] _tokens;

    private JsonPointer(string text, string[] tokens) => (Text, _tokens) = (text, tokens);

    public string Text { get; }

    public static bool TryParse(
        string text, [NotNullWhen(true)] out JsonPointer? place, [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(text);
        place = null;
        var tokens = text.Length == 0 ? [] : text.Split('/')[1..];
        reason = text.Length > LengthMax ? $"it has {text.Length} characters; at most {LengthMax} are allowed"
            : tokens.Length > TokensMax ? $"it has {tokens.Length} tokens; at most {TokensMax} are allowed"
            : text.Length > 0 && text[0] != '/' ? "a pointer is empty or begins with /"
            : Array.Exists(tokens, HasLooseTilde) ? "~ is written ~0, and / inside a key ~1"
            : null;
        if (reason is not null)
        {
            return false;
        }

        // In this order: ~01 means ~1.
        place = new JsonPointer(text, [.. tokens.Select(token => token.Replace("~1", "/").Replace("~0", "~"))]);
        return true;
    }

    /// <returns>What stands there; null when nothing does.</returns>
    /// <exception cref="InvalidOperationException">A key on the way is no Unicode.</exception>
    public JsonElement? Find(JsonElement root)
    {
        var current = root;
        foreach (var token in _tokens)
        {
            switch (current.ValueKind)
            {
                case JsonValueKind.Object when current.TryGetProperty(token, out var member):
                    current = member;
                    break;
                case JsonValueKind.Array when IndexOf(token) is { } index && index < current.GetArrayLength():
                    current = current[index];
                    break;
                default:
                    return null;
            }
        }

        return current.ValueKind == JsonValueKind.Undefined ? null : current;
    }

    /// <summary>For messages: the empty pointer is not seen.</summary>
    public override string ToString() => Text.Length == 0 ? "\"\" (the event)" : Text;

    private static bool HasLooseTilde(string token)
    {
        for (var at = token.IndexOf('~'); at >= 0; at = token.IndexOf('~', at + 1))
        {
            if (at + 1 == token.Length || token[at + 1] is not ('0' or '1'))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Digits without a leading zero; <c>-</c> stands behind the last element, where nothing is.</summary>
    private static int? IndexOf(string token) =>
        (token is "0" || (token.Length > 0 && token[0] != '0'))
        && int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : null;
}

using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace CimStore.Server.Configuration;

/// <summary>
/// The server's own keys of the file. They are bound as they always were, by the framework; what it refuses is found
/// again here, because it does not say where.
/// </summary>
internal sealed class ServerSection(JsonSource source, ConfigurationFindings findings)
{
    private const string Limits = "limits";

    /// <returns>Null when an error was noted.</returns>
    /// <exception cref="ArgumentException">A variable of the environment is refused.</exception>
    public ServerOptions? Read()
    {
        var own = source.Root.Properties
            .Where(property => !ConfigurationKeys.Tiers.Contains(property.Name))
            .ToList();
        var known = own.FindAll(IsKnown);
        try
        {
            var options = ServerConfiguration.Bind(
                Json(known, "").AddEnvironmentVariables(ServerConfiguration.EnvironmentPrefix).Build());
            return known.Count == own.Count ? options : null;
        }
        catch (ArgumentException)
        {
            if (known.FindAll(property => !IsBound(property)).Count > 0)
            {
                return null;
            }

            throw;
        }
    }

    private bool IsKnown(JsonPropertyAt property)
    {
        // The framework takes "Limits:FeedsMax" for a key inside another.
        var (first, rest) = property.Name.Split(':', 2) is [var head, var tail] ? (head, tail) : (property.Name, null);
        if (!Has(ConfigurationKeys.Server, first))
        {
            var all = ConfigurationKeys.Server.Concat(ConfigurationKeys.Tiers).Order(StringComparer.Ordinal).ToList();
            findings.ErrorAtKey(
                property, $"The key \"{property.Name}\" is unknown. {NearestWord.Allowed(property.Name, all)}");
            return false;
        }

        var inner = !IsLimits(first) ? []
            : rest is null ? property.Value.Properties
            : [property with { Name = rest }];
        var unknown = inner.Where(one => !Has(ConfigurationKeys.Limits, one.Name)).ToList();
        foreach (var one in unknown)
        {
            findings.ErrorAtKey(
                one, $"The key \"{one.Name}\" is unknown. {NearestWord.Allowed(one.Name, ConfigurationKeys.Limits)}");
        }

        return unknown.Count == 0;
    }

    /// <summary>Binds one key alone, or each of the limits.</summary>
    private bool IsBound(JsonPropertyAt property)
    {
        var isObject = property.Value.Kind == JsonValueKind.Object && IsLimits(property.Name);
        var parts = isObject ? property.Value.Properties : [property];
        var refused = 0;
        foreach (var part in parts)
        {
            if (ServerConfiguration.WhyNot(Json([part], isObject ? property.Name : "").Build()) is { } reason)
            {
                findings.Error(part.Value, $"Found {part.Value.Describe()}. {reason.ReplaceLineEndings(" ")}");
                refused++;
            }
        }

        return refused == 0;
    }

    /// <summary>The properties as they stand in the file, as an object of their own.</summary>
    private ConfigurationBuilder Json(IEnumerable<JsonPropertyAt> properties, string inside)
    {
        var text = new StringBuilder(inside.Length > 0 ? $"{{\"{inside}\":{{" : "{");
        foreach (var property in properties)
        {
            text.Append(Encoding.UTF8.GetString(source.Utf8.Span[property.NameStart..property.Value.End])).Append(',');
        }

        text.Append(inside.Length > 0 ? "}}" : "}");
        var builder = new ConfigurationBuilder();
        builder.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(text.ToString())));
        return builder;
    }

    private static bool IsLimits(string name) => string.Equals(name, Limits, StringComparison.OrdinalIgnoreCase);

    private static bool Has(IEnumerable<string> keys, string name) =>
        keys.Contains(name, StringComparer.OrdinalIgnoreCase);
}

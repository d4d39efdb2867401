using System.Collections.Immutable;

namespace CimStore.Policies;

/// <summary>The names of enumerations as policies write them: in lower case, as events do.</summary>
internal static class PolicyNames<T>
    where T : struct, Enum
{
    private static readonly ImmutableDictionary<string, T> ByName =
        Enum.GetValues<T>().ToImmutableDictionary(Of, StringComparer.Ordinal);

    public static string Allowed { get; } = string.Join(", ", Enum.GetValues<T>().Select(Of));

    public static T? Find(string name) => ByName.TryGetValue(name, out var value) ? value : null;

    public static string Of(T value) => value.ToString().ToLowerInvariant();
}

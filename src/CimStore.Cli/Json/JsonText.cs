using System.Text.Json;

namespace CimStore.Cli.Json;

/// <summary>Enumerations as words: <c>read-your-writes</c>, in JSON, in options and in tables alike.</summary>
internal static class JsonText
{
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    public static string[] Words<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(Of)];

    public static T Parse<T>(string word)
        where T : struct, Enum =>
        Enum.GetValues<T>().First(value => string.Equals(Of(value), word, StringComparison.OrdinalIgnoreCase));
}

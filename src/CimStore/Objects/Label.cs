using System.Diagnostics.CodeAnalysis;

namespace CimStore.Objects;

/// <summary>The one rule for names that people choose: 1..255 UTF-16 units, no control characters.</summary>
internal static class Label
{
    public const int LengthMax = 255;

    public static bool IsValid([NotNullWhen(true)] string? text) =>
        !string.IsNullOrEmpty(text) && text.Length <= LengthMax && !text.Any(char.IsControl);

    public static string Require(string? text, string what) =>
        IsValid(text)
            ? text
            : throw new ArgumentException($"{what} must have 1..{LengthMax} characters and no control characters.");
}

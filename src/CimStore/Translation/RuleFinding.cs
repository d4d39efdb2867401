using System.Globalization;
using CimStore.Policies;

namespace CimStore.Translation;

/// <summary>Something wrong with a rule file.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Text">What was found, and what is allowed.</param>
public sealed record RuleFinding(PolicySeverity Severity, int Line, int Column, string Text)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Line}:{Column}: {Severity.ToString().ToLowerInvariant()}: {Text}");
}

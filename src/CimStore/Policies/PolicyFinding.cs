using System.Globalization;

namespace CimStore.Policies;

/// <summary>Something wrong with a policy.</summary>
/// <param name="Line">Where, 1-based, in the file that it was read from; 0 where it was not.</param>
/// <param name="Text">What, and what is allowed instead.</param>
public sealed record PolicyFinding(PolicySeverity Severity, int Line, string Text)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"line {Line}: {Severity.ToString().ToLowerInvariant()}: {Text}");
}

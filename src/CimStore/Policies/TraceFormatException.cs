using System.Globalization;

namespace CimStore.Policies;

/// <summary>A trace does not keep its form; nothing after the line was read.</summary>
public sealed class TraceFormatException(int line, string problem)
    : FormatException(string.Create(CultureInfo.InvariantCulture, $"Trace, line {line}: {problem}"))
{
    /// <summary>1-based; the header is line 1.</summary>
    public int Line { get; } = line;

    /// <summary>What is wrong and what is allowed, without the line.</summary>
    public string Problem { get; } = problem;
}

using System.Collections.Immutable;

namespace CimStore.Server.Configuration;

/// <summary>
/// A configuration file that is refused; the message names the errors with their places. An argument of the caller's,
/// so whoever handled a wrong option handles this.
/// </summary>
public sealed class ConfigurationException(ImmutableArray<ConfigurationFinding> findings)
    : ArgumentException(Describe([.. findings.Where(finding => finding.IsError)]))
{
    private const int ErrorsTold = 5;

    /// <summary>All errors, and the warnings seen by then.</summary>
    public ImmutableArray<ConfigurationFinding> Findings { get; } = findings;

    private static string Describe(ConfigurationFinding[] errors)
    {
        var told = string.Join(Environment.NewLine, errors.Take(ErrorsTold));
        return errors.Length <= ErrorsTold
            ? told
            : $"{told}{Environment.NewLine}and {errors.Length - ErrorsTold} more: cimstore config check FILE";
    }
}

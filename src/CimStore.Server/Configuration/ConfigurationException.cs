using System.Collections.Immutable;

namespace CimStore.Server.Configuration;

/// <summary>
/// A configuration file that is refused; the message names the errors with their places. An argument of the caller's,
/// so whoever handled a wrong option handles this.
/// </summary>
/// <param name="findings">With one error at least.</param>
/// <param name="command">The command that tells all of them.</param>
public sealed class ConfigurationException(
    ImmutableArray<ConfigurationFinding> findings, string command = "config check")
    : ArgumentException(Describe([.. findings.Where(finding => finding.IsError)], command))
{
    private const int ErrorsTold = 5;

    /// <summary>All errors, and the warnings seen by then.</summary>
    public ImmutableArray<ConfigurationFinding> Findings { get; } = findings;

    private static string Describe(ConfigurationFinding[] errors, string command)
    {
        var told = string.Join(Environment.NewLine, errors.Take(ErrorsTold));
        return errors.Length <= ErrorsTold
            ? told
            : $"{told}{Environment.NewLine}and {errors.Length - ErrorsTold} more: cimstore {command} {errors[0].File}";
    }
}

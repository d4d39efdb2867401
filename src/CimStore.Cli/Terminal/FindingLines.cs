using CimStore.Cli.Json;
using CimStore.Server.Configuration;

namespace CimStore.Cli.Terminal;

/// <summary>What is wrong with a file that an operator wrote: an error or a warning a line, with its place.</summary>
internal static class FindingLines
{
    public static void Print(CliSession session, IEnumerable<ConfigurationFinding> findings)
    {
        foreach (var finding in findings)
        {
            Print(session, finding);
        }
    }

    private static void Print(CliSession session, ConfigurationFinding finding)
    {
        var severity = finding.IsError ? "error" : "warning";
        if (session.IsJson)
        {
            session.Out.Json(
                new ConfigurationFindingJson(
                    severity, finding.File, finding.Line, finding.Column, finding.Path, finding.Message),
                CliJson.Default.ConfigurationFindingJson);
        }
        else
        {
            session.Out.Line($"{severity}\t{LineEscape.Escape(finding.ToString())}");
        }
    }
}

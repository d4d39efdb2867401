using CimStore.Cli.Json;

namespace CimStore.Cli.Terminal;

/// <summary>Lines of a check: what was looked at, whether it is well, what was seen.</summary>
internal static class Findings
{
    /// <returns>Whether it is well.</returns>
    public static bool Print(CliSession session, FindingJson finding)
    {
        if (session.IsJson)
        {
            session.Out.Json(finding, CliJson.Default.FindingJson);
        }
        else
        {
            var state = finding.Ok ? "ok" : "NOT WELL";
            session.Out.Line($"{finding.What}\t{state}\t{finding.Detail.ReplaceLineEndings(" ")}");
        }

        session.Out.Flush();
        return finding.Ok;
    }
}

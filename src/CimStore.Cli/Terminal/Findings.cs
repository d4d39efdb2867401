using CimStore.Cli.Json;
using CimStore.Engine;

namespace CimStore.Cli.Terminal;

/// <summary>Lines of a check: what was looked at, whether it is well, what was seen.</summary>
internal static class Findings
{
    /// <summary>Prints what is found as it comes, and shows how far it is between.</summary>
    /// <param name="session">Where to.</param>
    /// <param name="steps">What tells.</param>
    /// <param name="progress">Gives way to a finding.</param>
    /// <param name="reached">Told where a run that is cut could go on; null for nobody.</param>
    /// <returns>Whether all is well.</returns>
    public static async Task<bool> PrintAsync(
        CliSession session, IAsyncEnumerable<CheckStep> steps, Progress progress, Action<string>? reached)
    {
        var isWell = true;
        await foreach (var step in steps)
        {
            switch (step)
            {
                case CheckStep.Working working:
                    progress.Show(working.What, working.Items, working.SizeBytes);
                    if (working.Cursor is { } cursor)
                    {
                        reached?.Invoke(cursor);
                    }

                    break;
                case CheckStep.Found found:
                    progress.Clear();
                    isWell &= Print(session, FindingJson.Of(found));
                    break;
            }
        }

        return isWell;
    }

    /// <returns>Whether it is well.</returns>
    public static bool Print(CliSession session, FindingJson finding)
    {
        if (session.IsJson)
        {
            session.Out.Json(finding, CliJson.Default.FindingJson);
        }
        else
        {
            var state = finding.State == "not-well" ? "NOT WELL" : finding.State;
            session.Out.Line($"{finding.What}\t{state}\t{finding.Detail.ReplaceLineEndings(" ")}");
        }

        session.Out.Flush();
        return finding.Ok;
    }
}

using System.Globalization;
using System.Text;

namespace CimStore.Bench.Store;

/// <summary>Renders a report as the tables of docs/benchmarks.md.</summary>
internal static class Markdown
{
    public static string Render(Report report, Machine machine)
    {
        var text = new StringBuilder();
        text.AppendLine("## The machine").AppendLine().AppendLine(machine.ToMarkdown());
        text.AppendLine("## The store: numbers to reach").AppendLine();
        text.AppendLine("| what | target | found | |").AppendLine("|---|---|---|---|");
        foreach (var verdict in report.Verdicts)
        {
            text.AppendLine($"| {verdict.What} | {verdict.Target} | {verdict.Found} | {Word(verdict)} |");
        }

        text.AppendLine().AppendLine("## The store: all rows").AppendLine();
        text.AppendLine("Median (lowest-highest) of the rounds.");
        foreach (var (row, title) in report.Rows)
        {
            AppendTable(text, report, row, title);
        }

        return text.ToString();
    }

    public static string Show(Result result)
    {
        string Text(double value) => value.ToString(result.Metric.Format, CultureInfo.InvariantCulture);
        return result.Samples.Count == 1
            ? Text(result.Median)
            : $"{Text(result.Median)} ({Text(result.Min)}-{Text(result.Max)})";
    }

    public static string Word(Verdict verdict) => verdict.IsReached switch
    {
        true => "reached",
        false => "**not reached**",
        null => "reported",
    };

    private static void AppendTable(StringBuilder text, Report report, string row, string title)
    {
        var results = report.Results.Where(r => r.Row == row).ToArray();
        if (results.Length == 0)
        {
            return;
        }

        var metrics = results.Select(r => r.Metric).Distinct().ToArray();
        text.AppendLine().AppendLine($"### {title}").AppendLine();
        text.Append("| ").AppendJoin(" | ", metrics.Select(m => m.Name).Prepend("store")).AppendLine(" |");
        text.Append('|').Insert(text.Length, "---|", metrics.Length + 1).AppendLine();
        foreach (var contender in results.Select(r => r.Contender).Distinct())
        {
            var cells = metrics.Select(m => report.Find(row, contender, m) is { } result ? Show(result) : "");
            text.Append("| ").AppendJoin(" | ", cells.Prepend(contender)).AppendLine(" |");
        }
    }
}

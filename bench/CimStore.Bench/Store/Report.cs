using System.Globalization;
using System.Text.Json.Nodes;

namespace CimStore.Bench.Store;

/// <summary>Collects results and verdicts, and shows them as they come.</summary>
internal sealed class Report(StoreOptions options)
{
    private readonly List<(string Row, string Title)> _rows = [];
    private readonly List<Result> _results = [];
    private readonly List<Verdict> _verdicts = [];

    public IReadOnlyList<(string Row, string Title)> Rows => _rows;

    public IReadOnlyList<Result> Results => _results;

    public IReadOnlyList<Verdict> Verdicts => _verdicts;

    public void Begin(string row, string title)
    {
        _rows.Add((row, title));
        Console.WriteLine();
        Console.WriteLine($"[{DateTime.Now:HH:mm:ss}] {row}: {title}");
    }

    public void Add(string row, string contender, IReadOnlyList<Sample> samples)
    {
        foreach (var metric in samples.SelectMany(s => s.Keys).Distinct())
        {
            var values = samples.Where(s => s.ContainsKey(metric)).Select(s => s[metric]).ToArray();
            var result = new Result(row, contender, metric, values);
            _results.Add(result);
            Console.WriteLine($"  {contender,-22} {metric,-15} {Markdown.Show(result)}");
            AppendJson(result);
        }
    }

    /// <summary>Ours against the best peer of the row; a ratio above 1 means that ours is better.</summary>
    /// <param name="row">The row.</param>
    /// <param name="what">What is compared, in words.</param>
    /// <param name="metric">By what.</param>
    /// <param name="target">Null: only reported.</param>
    /// <param name="ours">Which of our contenders.</param>
    public void JudgeAgainstBest(string row, string what, Metric metric, double? target, string ours = Field.Ours)
    {
        var best = _results.Where(r => r.Row == row && r.Metric == metric && !Field.IsOurs(r.Contender))
            .MaxBy(r => metric.HigherIsBetter ? r.Median : -r.Median);
        if (best is not null)
        {
            JudgeRatio(row, what, metric, best.Contender, target, ours);
        }
    }

    public void JudgeRatio(
        string row, string what, Metric metric, string peer, double? target, string ours = Field.Ours)
    {
        if (Find(row, ours, metric) is not { } mine || Find(row, peer, metric) is not { } other)
        {
            return;
        }

        var ratio = metric.HigherIsBetter ? mine.Median / other.Median : other.Median / mine.Median;
        Judge(
            what, target is null ? "none" : Text($">= {target} x"), Text($"{ratio:N2} x {peer}"),
            target is null ? null : ratio >= target);
    }

    public void JudgeLimit(string row, string what, Metric metric, double limit, string ours = Field.Ours)
    {
        if (Find(row, ours, metric) is { } mine)
        {
            var found = mine.Median.ToString(metric.Format, CultureInfo.InvariantCulture);
            Judge(what, Text($"<= {limit} {metric}"), $"{found} {metric}", mine.Median <= limit);
        }
    }

    public void Judge(string what, string target, string found, bool? isReached)
    {
        var verdict = new Verdict(what, target, found, isReached);
        _verdicts.Add(verdict);
        Console.WriteLine($"  => {what}: {found} (target {target}): {Markdown.Word(verdict)}");
    }

    public Result? Find(string row, string contender, Metric metric) =>
        _results.LastOrDefault(r => r.Row == row && r.Contender == contender && r.Metric == metric);

    private void AppendJson(Result result)
    {
        if (options.JsonPath is null)
        {
            return;
        }

        var line = new JsonObject
        {
            ["row"] = result.Row,
            ["contender"] = result.Contender,
            ["metric"] = result.Metric.Name,
            ["median"] = result.Median,
            ["min"] = result.Min,
            ["max"] = result.Max,
            ["samples"] = new JsonArray([.. result.Samples.Select(s => JsonValue.Create(s))]),
        };
        Directory.CreateDirectory(Path.GetDirectoryName(options.JsonPath)!);
        File.AppendAllText(options.JsonPath, line.ToJsonString() + "\n");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using CimStore.Bench.Peers;

namespace CimStore.Bench.Store;

/// <summary>What needs whole processes: opening, memory, the start of the command.</summary>
internal static class ProcessRows
{
    private const int Starts = 9;
    private const int AfterKillObjects = 100_000;

    /// <summary>One store of many objects: opened after SIGKILL and after a clean stop, asked by the command.</summary>
    public static async Task OpenAsync(StoreOptions options, Report report)
    {
        report.Begin("open", $"Opening a store of {options.ObjectCount:N0} objects of 4 KiB, a process each");
        using var folder = new BenchFolder(options.Folder);
        var (killed, clean) = (new List<Sample>(), new List<Sample>());
        var cid = await FillAndKillAsync(folder.Path, options.ObjectCount, seed: 1);
        killed.Add(await ChildAsync("open", folder.Path));
        for (var round = 0; round < options.RoundCount; round++)
        {
            clean.Add(await ChildAsync("open", folder.Path));
            await FillAndKillAsync(folder.Path, Math.Min(AfterKillObjects, options.ObjectCount / 10), seed: 2 + round);
            killed.Add(await ChildAsync("open", folder.Path));
        }

        report.Add("open", "after SIGKILL", killed);
        report.Add("open", "after clean stop", clean);
        report.JudgeLimit("open", "open after a clean stop", Metric.Seconds, 0.5, "after clean stop");
        var slowest = report.Find("open", "after SIGKILL", Metric.Seconds)!.Max;
        report.Judge(
            "open after SIGKILL, slowest", "<= 5 s", FormattableString.Invariant($"{slowest:N2} s"), slowest <= 5);
        report.JudgeLimit("open", "resident memory after open", Metric.ResidentMebibytes, 250, "after clean stop");
        if (options.CliPath is { } cli)
        {
            await StartsAsync(report, cli, folder.Path, cid, options.ObjectCount);
        }
    }

    /// <summary>One large content through a small memory.</summary>
    public static async Task LargeAsync(StoreOptions options, Report report)
    {
        if (options.LargeSizeBytes == 0)
        {
            return;
        }

        report.Begin("large", $"One content of {options.LargeSizeBytes >> 30} GiB, put and got in a process each");
        using var folder = new BenchFolder(options.Folder);
        var size = options.LargeSizeBytes.ToString(CultureInfo.InvariantCulture);
        var (_, output) = await Shell.RunAsync(Shell.Own("put-large", folder.Path, size));
        report.Add("large", "put", [Parse(output)]);
        report.Add("large", "get", [await ChildAsync("get-large", folder.Path, Word(output, "cid"))]);
        report.JudgeLimit("large", "resident memory, large put", Metric.ResidentMebibytes, 200, "put");
        report.JudgeLimit("large", "resident memory, large get", Metric.ResidentMebibytes, 200, "get");
    }

    private static async Task StartsAsync(Report report, string cli, string folder, string cid, int objectCount)
    {
        report.Begin("start", $"Start of the command as a whole process ({Starts} runs)");
        var (stat, help, version) = (new List<Sample>(), new List<Sample>(), new List<Sample>());
        for (var i = 0; i < Starts; i++)
        {
            stat.Add(await TimeAsync([cli, "stat", cid, "--json", "--data", folder]));
            help.Add(await TimeAsync([cli, "--help"]));
            version.Add(await TimeAsync([cli, "version"]));
        }

        report.Add("start", "cimstore stat", stat);
        report.Add("start", "cimstore --help", help);
        report.Add("start", "cimstore version", version);
        report.JudgeLimit("start", $"`stat` on {objectCount:N0} objects", Metric.Seconds, 0.3, "cimstore stat");
        report.JudgeLimit("start", "`cimstore --help`", Metric.Seconds, 0.12, "cimstore --help");
    }

    private static async Task<Sample> TimeAsync(string[] command) =>
        new() { [Metric.Seconds] = (await Shell.RunAsync(command)).Seconds };

    private static async Task<Sample> ChildAsync(params string[] arguments)
    {
        LinuxFiles.SyncAll();
        return Parse((await Shell.RunAsync(Shell.Own(arguments))).Output);
    }

    /// <returns>The CID of one object that was acknowledged before the kill.</returns>
    private static async Task<string> FillAndKillAsync(string folder, int count, int seed)
    {
        var arguments = Shell.Own("fill", folder, $"{count}", $"{seed}");
        using var child = Shell.Begin(arguments);
        var line = await child.StandardOutput.ReadLineAsync();
        if (line is null)
        {
            throw new InvalidOperationException(await child.StandardError.ReadToEndAsync());
        }

        LinuxFiles.Kill(child.Id);
        await child.WaitForExitAsync();
        return Word(line, "cid");
    }

    private static Sample Parse(string output) => new()
    {
        [Metric.Seconds] = double.Parse(Word(output, "seconds"), CultureInfo.InvariantCulture),
        [Metric.ResidentMebibytes] = double.Parse(Word(output, "resident"), CultureInfo.InvariantCulture),
    };

    private static string Word(string output, string name) =>
        output.Split(' ', '\n').First(w => w.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];
}

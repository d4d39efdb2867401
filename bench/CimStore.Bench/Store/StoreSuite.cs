namespace CimStore.Bench.Store;

/// <summary>The stores against their peers: every row of "numbers to reach" that is about the store.</summary>
internal static class StoreSuite
{
    private const long FreeSizeMinBytes = 20L << 30;

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var options = StoreOptions.Parse(arguments);
        var report = new Report(options);
        var rows = Rows(options, report, new Contest(options, report));
        if (options.WantsHelp || options.ListsRows)
        {
            Console.WriteLine(options.WantsHelp ? StoreOptions.Help : string.Join('\n', rows.Select(r => r.Name)));
            return 0;
        }

        Directory.CreateDirectory(options.Folder);
        if (new DriveInfo(options.Folder).AvailableFreeSpace < FreeSizeMinBytes)
        {
            await Console.Error.WriteLineAsync($"{options.Folder} has less than 20 GiB free.");
            return 1;
        }

        var machine = Machine.Describe(options.Folder);
        Console.WriteLine(machine.ToMarkdown());
        foreach (var (name, run) in rows.Where(r => options.Rows.Count == 0 || options.Rows.Contains(r.Name)))
        {
            try
            {
                await run();
            }
            catch (Exception failure)
            {
                // One row that cannot be run must not cost the others; the page says that it failed.
                report.Judge(name, "", $"failed: {failure.Message.ReplaceLineEndings(" ")}", false);
            }

            if (options.MarkdownPath is { } path)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await File.WriteAllTextAsync(path, Markdown.Render(report, machine));
            }
        }

        return 0;
    }

    private static List<(string Name, Func<Task> Run)> Rows(StoreOptions options, Report report, Contest contest) =>
    [
        ("put4k-1", () => PutRows.SmallAsync(options, report, contest, 1)),
        ("put4k-16", () => PutRows.SmallAsync(options, report, contest, 16)),
        ("put4k-64", () => PutRows.SmallAsync(options, report, contest, 64)),
        ("put4k-headline", () => PutRows.HeadlineAsync(options, report, contest)),
        ("put4k-batch", () => BatchRow.RunAsync(options, report, contest)),
        ("put100k-16", () => PutRows.MiddleAsync(options, report, contest)),
        ("put64m", () => StreamRows.AloneAsync(options, report, contest)),
        ("tail", () => StreamRows.BesideAsync(options, report, contest)),
        ("tree", () => TreeRow.RunAsync(options, report, contest)),
        ("get4k", () => GetRows.SmallAsync(options, report, contest)),
        ("get64m", () => GetRows.LargeAsync(options, report, contest)),
        ("open", () => ProcessRows.OpenAsync(options, report)),
        ("large", () => ProcessRows.LargeAsync(options, report)),
    ];
}

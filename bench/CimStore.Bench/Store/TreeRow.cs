namespace CimStore.Bench.Store;

/// <summary>A real task: a tree of files made durable, by us, by cp, by restic.</summary>
internal static class TreeRow
{
    private const int FolderCount = 200;
    private const string Row = "tree";

    public static async Task RunAsync(StoreOptions options, Report report, Contest contest)
    {
        report.Begin(Row, $"put -r of {options.TreeFileCount:N0} files, {options.TreeSizeBytes >> 20:N0} MiB");
        if (options.CliPath is not { } cli)
        {
            report.Judge("put -r of a tree", ">= 1.3 x cp -r + sync", "left out: no --cli", null);
            return;
        }

        using var tree = new BenchFolder(options.Folder);
        Generate(tree.Path, options.TreeFileCount, options.TreeSizeBytes);
        var contenders = new List<(string, Func<string, Task<Sample>>)>
        {
            (Field.Ours, folder => TimeAsync(options, () =>
                Shell.RunAsync([cli, "put", "-r", tree.Path, "--data", $"{folder}/data"]))),
            ("cp -r + sync", folder => TimeAsync(options, () =>
                Shell.RunScriptAsync($"cp -r {tree.Path} {folder}/copy; sync"))),
        };
        if (Shell.Exists("restic"))
        {
            contenders.Add(("restic backup", folder => ResticAsync(options, tree.Path, folder)));
        }

        await contest.AlternateAsync(Row, options.RoundCount, contenders);
        report.JudgeRatio(Row, "put -r of a tree", Metric.Seconds, "cp -r + sync", 1.3);
        report.JudgeRatio(Row, "put -r of a tree", Metric.Seconds, "restic backup", 2);
    }

    private static async Task<Sample> ResticAsync(StoreOptions options, string tree, string folder)
    {
        (string, string)[] environment =
        [
            ("RESTIC_PASSWORD", "bench"),
            ("RESTIC_REPOSITORY", $"{folder}/repository"),
            ("RESTIC_CACHE_DIR", $"{folder}/cache"),
        ];
        await Shell.RunAsync(["restic", "init"], environment);
        return await TimeAsync(options, () => Shell.RunAsync(["restic", "backup", "--quiet", tree], environment));
    }

    private static async Task<Sample> TimeAsync(StoreOptions options, Func<Task<(double Seconds, string Output)>> run)
    {
        var (seconds, _) = await run();
        return new Sample
        {
            [Metric.Seconds] = seconds,
            [Metric.MegabytesPerSecond] = options.TreeSizeBytes / 1e6 / seconds,
        };
    }

    /// <summary>
    /// Sizes from 1 KiB up to a few MiB, most of them small, as a home directory has them; always the same ones.
    /// </summary>
    private static void Generate(string root, int fileCount, long sizeBytes)
    {
        var random = new Random(12);
        var weights = Enumerable.Range(0, fileCount).Select(_ => Math.Exp(random.NextDouble() * 7)).ToArray();
        var scale = sizeBytes / weights.Sum();
        for (var i = 0; i < fileCount; i++)
        {
            var place = Path.Combine(root, $"folder-{i % FolderCount / 10}", $"{i % FolderCount}");
            var folder = Directory.CreateDirectory(place);
            var content = new byte[(int)(weights[i] * scale)];
            random.NextBytes(content);
            File.WriteAllBytes(Path.Combine(folder.FullName, $"file-{i}.bin"), content);
        }
    }
}

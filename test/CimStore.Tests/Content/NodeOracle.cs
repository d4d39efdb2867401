using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>
/// Runs the scripts of test/interop with the packages they name, which npm puts under artifacts/ once. Without node or
/// npm the test is skipped with the reason; under CI=true it fails.
/// </summary>
internal static class NodeOracle
{
    private static readonly TimeSpan InstallTimeMax = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RunTimeMax = TimeSpan.FromMinutes(1);
    private static readonly Lazy<Task<(string? Folder, string? Problem)>> Installed = new(InstallAsync);

    /// <returns>One JSON document per line that the script printed.</returns>
    public static async Task<IReadOnlyList<JsonElement>> RunAsync(string script, string? argument, string? input)
    {
        var (folder, problem) = await Installed.Value;
        if (folder is null)
        {
            Assert.False(
                string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase),
                problem);
            Assert.Skip(problem!);
        }

        string[] arguments = argument is null ? [script] : [script, argument];
        var (exitCode, output, errors) = await StartAsync("node", arguments, folder, input, RunTimeMax);
        Assert.True(exitCode == 0, $"{script} failed: {errors}");
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    private static JsonElement Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }

    /// <summary>The packages are installed again only when the list of them has changed.</summary>
    private static async Task<(string? Folder, string? Problem)> InstallAsync()
    {
        var root = FindRoot();
        var folder = Directory.CreateDirectory(Path.Combine(root, "artifacts", "interop")).FullName;
        var source = Path.Combine(root, "test", "interop");
        var mark = Path.Combine(folder, "installed.json");
        var wanted = await File.ReadAllTextAsync(Path.Combine(source, "package-lock.json"));
        foreach (var file in Directory.GetFiles(source))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        if (File.Exists(mark) && await File.ReadAllTextAsync(mark) == wanted)
        {
            return (folder, null);
        }

        try
        {
            string[] arguments = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"];
            var (exitCode, _, errors) = await StartAsync("npm", arguments, folder, null, InstallTimeMax);
            if (exitCode != 0)
            {
                return (null, $"npm could not install the packages of test/interop: {errors}");
            }
        }
        catch (Exception problem) when (problem is Win32Exception or OperationCanceledException)
        {
            return (null, $"npm cannot be run here: {problem.Message}");
        }

        await File.WriteAllTextAsync(mark, wanted);
        return (folder, null);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> StartAsync(
        string program, IEnumerable<string> arguments, string folder, string? input, TimeSpan timeMax)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(timeMax);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CimStore.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("No CimStore.slnx above the test binary.");
    }
}

using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CimStore.Testing;

/// <summary>
/// The scripts of test/interop with the packages they name, which npm puts under artifacts/ once. Without node or npm a
/// test is skipped with the reason; under CI=true it fails.
/// </summary>
public static class NodePackages
{
    private static readonly TimeSpan InstallTimeMax = TimeSpan.FromMinutes(5);
    private static readonly Lazy<Task<(string? Folder, string? Problem)>> Installed = new(InstallAsync);

    /// <returns>The folder in which node finds scripts and packages.</returns>
    public static async Task<string> RequireAsync()
    {
        var (folder, problem) = await Installed.Value;
        if (folder is null)
        {
            Requirement.Missing(problem!);
        }

        return folder!;
    }

    /// <summary>The packages are installed again only when the list of them has changed.</summary>
    private static async Task<(string? Folder, string? Problem)> InstallAsync()
    {
        var source = Path.Combine(Root(), "test", "interop");
        var folder = Directory.CreateDirectory(Path.Combine(Root(), "artifacts", "interop")).FullName;
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
            if (await NpmAsync(folder) is { Length: > 0 } errors)
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

    /// <returns>What it said when it failed; null when it did not.</returns>
    private static async Task<string?> NpmAsync(string folder)
    {
        string[] arguments = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"];
        var start = new ProcessStartInfo("npm", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(InstallTimeMax);
        try
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = await process.StandardError.ReadToEndAsync(limit.Token);
            await output;
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? null : $"{process.ExitCode} {errors}";
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}

using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Xunit;

namespace CimStore.Testing;

/// <summary>Runs the scripts of test/interop. Without node or npm the test is skipped with the reason; in CI it fails.
/// </summary>
public static class NodeOracle
{
    private static readonly TimeSpan RunTimeMax = TimeSpan.FromMinutes(1);

    /// <returns>One JSON document per line that the script printed.</returns>
    public static async Task<IReadOnlyList<JsonElement>> RunAsync(string script, string? argument, string? input)
    {
        var folder = await NodePackages.RequireAsync();
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
}

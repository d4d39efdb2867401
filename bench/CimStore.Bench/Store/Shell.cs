using System.Diagnostics;

namespace CimStore.Bench.Store;

/// <summary>Runs a program to its end, or lets one run until it is killed.</summary>
internal static class Shell
{
    private static readonly string[] OwnCommand =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
            ? [Environment.ProcessPath!, Environment.GetCommandLineArgs()[0]]
            : [Environment.ProcessPath!];

    /// <returns>The seconds it took and what it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it said.</exception>
    public static async Task<(double Seconds, string Output)> RunAsync(
        IEnumerable<string> command, params (string Name, string Value)[] environment)
    {
        var started = Stopwatch.GetTimestamp();
        using var process = Begin(command, environment);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return process.ExitCode == 0
            ? (seconds, output)
            : throw new InvalidOperationException($"{string.Join(' ', command)}: {process.ExitCode} {await errors}");
    }

    public static Task<(double Seconds, string Output)> RunScriptAsync(
        string script, params (string Name, string Value)[] environment) =>
        RunAsync(["sh", "-ec", script], environment);

    public static IEnumerable<string> Own(params string[] arguments) => [.. OwnCommand, "child", .. arguments];

    public static Process Begin(IEnumerable<string> command, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(command.First(), command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    public static bool Exists(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, program)));
}

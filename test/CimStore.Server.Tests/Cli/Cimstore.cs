using System.Diagnostics;
using System.Text;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>The built executable, run as a user runs it, with a directory of its own that goes with it.</summary>
public sealed class Cimstore : IDisposable
{
    /// <summary>A command that takes longer hangs.</summary>
    private static readonly TimeSpan RunMax = TimeSpan.FromMinutes(2);

    public Cimstore()
    {
        Folder = Directory.CreateTempSubdirectory("cimstore-cli-").FullName;
        Data = Path.Combine(Folder, "data");
    }

    public string Folder { get; }

    public string Data { get; }

    /// <summary>Appended to every command line: where the store is.</summary>
    public string[] Where { get; set; } = [];

    /// <summary>Set for every run, beside what this process has.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    public static string Executable { get; } = FindExecutable();

    public string Write(string name, ReadOnlySpan<byte> content)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    /// <summary>Runs against the data directory, or against what <see cref="Where"/> says.</summary>
    public Task<CliResult> RunAsync(params string[] arguments) => RunAsync(null, arguments);

    public Task<CliResult> RunAsync(byte[]? input, string[] arguments) =>
        RunExactlyAsync(input, [.. arguments, .. Where.Length > 0 ? Where : ["--data", Data], "--force-unsafe"]);

    public async Task<CliResult> RunExactlyAsync(byte[]? input, params string[] arguments)
    {
        using var process = Start(arguments);
        return await FinishAsync(process, input);
    }

    /// <summary>By the shell, which can write arguments that are not UTF-8; <c>"$@"</c> is the command.</summary>
    public async Task<CliResult> RunShellAsync(string script, params string[] command)
    {
        using var process = StartProgram("sh", ["-c", script, "-", Executable, .. command]);
        return await FinishAsync(process, null);
    }

    private static async Task<CliResult> FinishAsync(Process process, byte[]? input)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(RunMax);
        try
        {
            var output = new MemoryStream();
            var reading = process.StandardOutput.BaseStream.CopyToAsync(output, timeout.Token);
            var errors = process.StandardError.ReadToEndAsync(timeout.Token);
            await FeedAsync(process, input);
            await reading;
            var text = await errors;
            await process.WaitForExitAsync(timeout.Token);
            return new CliResult(process.ExitCode, output.ToArray(), text);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    public Process Start(params string[] arguments) => StartProgram(Executable, arguments);

    private Process StartProgram(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        start.Environment.Remove("CIMSTORE_DATA");
        start.Environment.Remove("CIMSTORE_SERVER");
        start.Environment["HOME"] = Folder;
        start.Environment.Remove("XDG_DATA_HOME");
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException("The process did not start.");
    }

    /// <summary>By rm: a name that is not UTF-8 is out of the runtime's reach.</summary>
    public void Dispose()
    {
        using var remove = Process.Start("rm", ["-rf", Folder]);
        remove.WaitForExit();
    }

    private static async Task FeedAsync(Process process, byte[]? input)
    {
        try
        {
            if (input is not null)
            {
                await process.StandardInput.BaseStream.WriteAsync(input, TestContext.Current.CancellationToken);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The command ended without reading all of it; its exit code tells why.
        }
    }

    /// <summary>From artifacts/bin/CimStore.Server.Tests/debug to ../CimStore.Cli/debug_RID/CimStore.Cli.</summary>
    private static string FindExecutable()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var configuration = own.Name.Split('_')[0];
        var folder = Path.Combine(own.Parent!.Parent!.FullName, "CimStore.Cli");
        return Directory.EnumerateDirectories(folder, configuration + "*")
            .Select(directory => Path.Combine(directory, "CimStore.Cli"))
            .First(File.Exists);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace CimStore.Testing.Servers;

/// <summary>A server of somebody else's, started for tests. It ends with this process, however that ends.</summary>
public sealed class ServerProcess : IDisposable
{
    // The shell watches its standard input, whose other end this process holds. (A command in the background would
    // be given /dev/null in its place.)
    private const string Watchdog =
        "exec 3<&0; \"$@\" >>\"$0\" 2>&1 3<&- & p=$!; echo $p; "
        + "(cat <&3 >/dev/null; kill -9 $p) >/dev/null 2>&1 & wait $p 2>/dev/null";

    private readonly Process _shell;

    private ServerProcess(Process shell, int id) => (_shell, Id) = (shell, id);

    /// <summary>The server's own process id.</summary>
    public int Id { get; }

    /// <param name="logFile">What it prints goes there.</param>
    /// <param name="command">Program and arguments.</param>
    public static async Task<ServerProcess> StartAsync(string logFile, params string[] command)
    {
        var start = new ProcessStartInfo("/bin/bash")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { "-c", Watchdog, logFile },
        };
        foreach (var word in command)
        {
            start.ArgumentList.Add(word);
        }

        var shell = Process.Start(start)!;
        var line = await shell.StandardOutput.ReadLineAsync();
        return new ServerProcess(shell, int.Parse(line!, CultureInfo.InvariantCulture));
    }

    /// <summary>SIGKILL, as a power cut of that server; returns when it is gone.</summary>
    public void Kill()
    {
        Signal("KILL");
        _shell.WaitForExit();
    }

    /// <summary>Sends a signal by its name, such as STOP, which makes it silent without closing anything.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("/bin/kill", ["-" + name, Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_shell.HasExited)
        {
            Kill();
        }

        _shell.Dispose();
    }

    /// <summary>The program's path. Where it is absent the test is skipped, under <c>CI=true</c> it fails.</summary>
    public static string Require(string program, string package)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Append("/usr/sbin")
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
        if (path is not null)
        {
            return path;
        }

        var reason = $"{program} is absent: apt-get install {package}.";
        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail(reason);
        }

        Assert.Skip(reason);
        return "";
    }

    /// <summary>Ports that nobody listens on now.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(static listener => listener.Start());
            return [.. listeners.Select(static listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(static listener => listener.Dispose());
        }
    }
}

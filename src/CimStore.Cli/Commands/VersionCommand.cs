using System.Reflection;
using System.Runtime.InteropServices;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore version`: what runs, and where it would look for the data.</summary>
internal static class VersionCommand
{
    public static string Version =>
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "unknown";

    public static CliCommand Create()
    {
        var command = new CliCommand("version", "Show the version, the runtime, and where the data is.")
        {
            Prints = "cimstore VERSION, then the runtime, the data directory and the node that would be asked.",
            Examples = [("cimstore version", "for a bug report"), ("cimstore version --json", "for a program")],
        };
        command.Runs((session, _) =>
        {
            Print(session);
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    private static void Print(CliSession session)
    {
        var address = session.Address;
        var runtime = $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}";
        if (session.IsJson)
        {
            var json = new VersionJson(Version, runtime, address.DataDirectory, address.Server?.ToString());
            session.Out.Json(json, CliJson.Default.VersionJson);
            return;
        }

        session.Out.Line($"cimstore {Version}");
        session.Out.Line($"runtime  {runtime}");
        session.Out.Line($"data     {address.DataDirectory}");
        if (address.Server is not null)
        {
            session.Out.Line($"server   {address.Server}");
        }
    }
}

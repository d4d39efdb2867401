using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Server;
using CimStore.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore serve`: a node.</summary>
internal static class ServeCommand
{
    private static readonly Option<string[]> Listen = new("--listen")
    {
        Description = "Where to listen; port 0 takes a free one. Beyond loopback it needs TLS and a token (default "
            + ServerOptions.DefaultListen + ")",
        HelpName = "URL",
    };

    private static readonly Option<string?> Token = new("--token")
    {
        Description = "The token that every request must carry: env:NAME or file:PATH",
        HelpName = "REFERENCE",
    };

    private static readonly Option<bool> Insecure = new("--insecure")
    {
        Description = "Listen beyond loopback without TLS and token all the same",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "serve", "Run a node on the data directory until Ctrl-C: HTTP API, events, health.")
        {
            Prints = "The address, alone on one line, when the node is ready; its log goes to standard error.",
            Examples =
            [
                ("cimstore serve", "on " + ServerOptions.DefaultListen),
                ("cimstore serve --listen http://127.0.0.1:0", "on a free port, which is printed"),
                ("cimstore serve --data /srv/store --token file:/run/token", "another directory; a token is needed"),
            ],
            Exits = [ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Listen);
        command.Add(Token);
        command.Add(Insecure);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var configured = Configured(session);
        var options = configured.Server;
        CimStoreHost.Check(options);
        var directory = session.IsGiven(CommonOptions.Data)
            ? session.Address.DataDirectory
            : Path.GetFullPath(options.DataDirectory ?? session.Address.DataDirectory);
        options.DataDirectory = directory;
        using var logs = LoggerFactory.Create(logging => Log(logging, session));
        var store = await OpenAsync(session, directory, configured, logs.CreateLogger("CimStore"), cancellationToken);
        await using var host = await CimStoreHost.StartAsync(
            options, configured.Nats, store.Client, session.Time, logging => Log(logging, session), cancellationToken);
        var address = host.Addresses[0].ToString().TrimEnd('/');
        store.Announce(address);
        Print(session, address, directory);
        await host.WaitForStopAsync(cancellationToken);
        session.SayMore("stopping: requests in flight may finish");
        await host.StopAsync(CancellationToken.None);
        return ExitCode.Ok;
    }

    private static NodeConfiguration Configured(CliSession session)
    {
        if (session.IsGiven(CommonOptions.Server))
        {
            throw CliException.Usage("serve is the node itself: --server is for the other commands.");
        }

        var configured = session.Configured;
        var options = configured.Server;
        if (session.Value(Listen) is { Length: > 0 } listen)
        {
            options.Listen = [.. listen];
        }

        options.TokenReference = session.Value(Token) ?? options.TokenReference;
        options.Insecure |= session.Value(Insecure);
        return configured;
    }

    private static async Task<StoreConnection> OpenAsync(
        CliSession session, string directory, NodeConfiguration configured, ILogger log,
        CancellationToken cancellationToken)
    {
        try
        {
            var node = new StorageNodeOptions { ReadEventsMax = configured.Server.ReadEventsMax };
            return await StoreConnection.OpenDirectoryAsync(session, directory, node, log, cancellationToken);
        }
        catch (LocationException exception) when (DirectoryOwner.IsInUse(exception))
        {
            throw DirectoryOwner.Read(directory).InUse(directory, exception);
        }
    }

    private static void Print(CliSession session, string address, string directory)
    {
        if (session.IsJson)
        {
            var json = new ServingJson(address, directory, Environment.ProcessId);
            session.Out.Json(json, CliJson.Default.ServingJson);
        }
        else
        {
            session.Out.Line(address);
            session.SayMore($"serving {directory}; Ctrl-C stops");
        }

        session.Out.Flush();
    }

    /// <summary>Plain lines on standard error: warnings, or everything with `--verbose`.</summary>
    private static void Log(ILoggingBuilder logging, CliSession session)
    {
        logging.SetMinimumLevel(session.IsVerbose ? LogLevel.Information : LogLevel.Warning);
        logging.AddSimpleConsole(console => console.SingleLine = true);
        logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}

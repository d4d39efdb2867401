using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;
using CimStore.Nats;
using CimStore.Nats.Backup;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore nats`: streams of a NATS server, backed up to a file and restored from it.</summary>
internal static class NatsCommand
{
    private static readonly Option<string[]> Servers = new("--nats")
    {
        Description = "nats://HOST:PORT or tls://HOST:PORT; default: the section nats of --config, "
            + "else nats://127.0.0.1:4222",
        HelpName = "URL",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand("nats", "Back up streams of a NATS server, and restore them.")
        {
            Examples =
            [
                ("cimstore nats backup CIM-EVENTS -o events.cimstrbk", "the stream and its consumers, in one file"),
                ("cimstore nats restore events.cimstrbk", "where the stream is not there any more"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.Corrupt],
        };
        command.Add(CreateBackup());
        command.Add(CreateRestore());
        return command;
    }

    private static CliCommand CreateBackup()
    {
        var stream = new Argument<string>("STREAM") { Description = "The stream's name" };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The file; it appears whole or not at all",
            HelpName = "FILE",
            Required = true,
        };
        var command = new CliCommand("backup", "Write a stream with its durable consumers to a file.")
        {
            Prints = "STREAM<tab>messages<tab>bytes of the payload<tab>FILE. The file is described in\n"
                + "docs/formats/stream-backup.md. A stream in memory has no snapshot (exit code 4).",
            Examples =
            [
                ("cimstore nats backup CIM-EVENTS -o events.cimstrbk", "from the server on this machine"),
                ("cimstore nats backup CIM-EVENTS -o e.cimstrbk --nats nats://nats1:4222", "from another one"),
                ("cimstore nats backup CIM-EVENTS -o e.cimstrbk --config node.json", "as the node is told to connect"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed],
        };
        command.Add(stream);
        command.Add(output);
        command.Add(Servers);
        command.Runs(async (session, cancellationToken) =>
        {
            var path = session.Value(output);
            BackupResult? result = null;
            await using var link = await OpenAsync(session, cancellationToken);
            using var progress = new Progress(session, "backup");
            await AtomicFile.WriteFileAsync(
                path,
                async file => result = await new StreamBackup(link, session.Time).BackupAsync(
                    session.Value(stream), file, new Shown(progress), cancellationToken),
                cancellationToken);
            progress.Clear();
            Print(session, result!, path);
            return ExitCode.Ok;
        });
        return command;
    }

    private static CliCommand CreateRestore()
    {
        var input = new Argument<string>("FILE") { Description = "What backup wrote" };
        var command = new CliCommand("restore", "Make a stream again from a file; the file is proved first.")
        {
            Prints = "STREAM<tab>messages<tab>bytes of the payload<tab>FILE. A stream that is there is not\n"
                + "replaced (exit code 4); a file that is not what was written is refused (6) before the\n"
                + "server is asked for anything.",
            Examples =
            [
                ("cimstore nats restore events.cimstrbk", "to the server on this machine"),
                ("cimstore nats restore events.cimstrbk --json", "for a program"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.Corrupt],
        };
        command.Add(input);
        command.Add(Servers);
        command.Runs(async (session, cancellationToken) =>
        {
            var path = session.Value(input);
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (!file.CanSeek)
            {
                throw CliException.Usage("A backup is read twice, to be proved first: name a file, not a pipe.");
            }

            await using var link = await OpenAsync(session, cancellationToken);
            using var progress = new Progress(session, "verify");
            var result = await new StreamBackup(link, session.Time).RestoreAsync(
                file, new Shown(progress), cancellationToken);
            progress.Clear();
            Print(session, result, path);
            return ExitCode.Ok;
        });
        return command;
    }

    private static async ValueTask<NatsLink> OpenAsync(CliSession session, CancellationToken cancellationToken)
    {
        var options = session.Configured.Nats?.ToOptions("cimstore-backup") ?? new NatsOptions();
        if (session.Value(Servers) is { Length: > 0 } servers)
        {
            options.Servers = [.. servers.Select(AddressOf)];
        }

        return await NatsLink.OpenAsync(options, null, cancellationToken);
    }

    private static Uri AddressOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "nats" or "tls" && uri.UserInfo.Length == 0
            ? uri
            : throw CliException.Usage(
                $"--nats {LineEscape.Escape(text)} is no address nats://HOST:PORT or tls://HOST:PORT; user and "
                + "password stand in the section nats of --config.");

    private static void Print(CliSession session, BackupResult result, string path)
    {
        if (session.IsJson)
        {
            session.Out.Json(
                new StreamBackupJson(
                    result.Stream, result.Messages, result.Consumers, result.PayloadBytes, result.Digest,
                    result.ServerVersion, result.At, path),
                CliJson.Default.StreamBackupJson);
            return;
        }

        session.Out.Line(
            $"{result.Stream}\t{result.Messages}\t{result.PayloadBytes}\t{LineEscape.Escape(path)}");
        session.SayMore(
            $"{Sizes.Of(result.PayloadBytes)}, {result.Consumers} consumers, BLAKE3 {result.Digest}, of a server "
            + $"{result.ServerVersion} at {Sizes.Of(result.At)}");
    }

    /// <summary>At once, on the thread that works: the line must be gone when the result is printed.</summary>
    private sealed class Shown(Progress progress) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value) => progress.Show(value.Step, 1, value.Bytes);
    }
}

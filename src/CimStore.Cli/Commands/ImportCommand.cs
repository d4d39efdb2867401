using System.CommandLine;
using System.IO.Pipelines;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Engine;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore import`: takes in what another tool, or `export`, wrote.</summary>
internal static class ImportCommand
{
    private const int BufferSizeBytes = 256 * 1024;

    private static readonly Argument<string[]> Files = new("FILE")
    {
        Description = "CAR files, version 1 or 2; - is standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    public static CliCommand Create()
    {
        var command = new CliCommand("import", "Read a CAR file, every block verified before it is stored.")
        {
            Prints = "CID<tab>file for each root of the archive. What export cut into UnixFS is put together again,\n"
                + "and proved by its own CID. An archive that is cut off or wrong is refused with the offset;\n"
                + "the blocks before it are stored and good.",
            Examples =
            [
                ("cimstore import backup.car", "from a file"),
                ("curl -s URL | cimstore import -", "from standard input"),
            ],
            Exits =
            [
                ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.Corrupt, ExitCode.InUse,
            ],
        };
        command.Add(Files);
        StoreOptions.AddCommonTo(command);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var request = StoreOptions.ReadCommon(session);
        foreach (var file in session.Value(Files))
        {
            await using Stream source = file == "-"
                ? StandardInput.Open()
                : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
            var store = await session.OpenOrCreateAsync(cancellationToken);
            var reader = PipeReader.Create(source, new StreamPipeReaderOptions(bufferSize: BufferSizeBytes));
            var imported = await new CarImport(store.Client, request).ImportAsync(reader, cancellationToken);
            await reader.CompleteAsync();
            Print(session, file, imported);
        }

        return ExitCode.Ok;
    }

    private static void Print(CliSession session, string file, CarImported imported)
    {
        if (session.IsJson)
        {
            var json = new ImportedJson(
                file, [.. imported.Roots.Select(root => root.ToString())], imported.BlockCount,
                [.. imported.MadeWhole.Select(one => new MadeWholeJson(
                    one.Content.ToString(), one.UnixFs.ToString(), one.SizeBytes))]);
            session.Out.Json(json, CliJson.Default.ImportedJson);
            return;
        }

        foreach (var root in imported.Roots)
        {
            session.Out.Line($"{root}\t{LineEscape.Escape(file)}");
        }

        session.SayMore($"{imported.BlockCount} blocks, {imported.MadeWhole.Length} contents put together");
    }
}

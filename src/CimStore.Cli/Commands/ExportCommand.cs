using System.CommandLine;
using System.IO.Pipelines;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Engine;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore export`: the way out, in a format that other tools read.</summary>
internal static class ExportCommand
{
    private static readonly Argument<string[]> Cids = new("CID")
    {
        Description = "What to export, with all it links to; - reads CIDs from standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> To = new("--output", "-o")
    {
        Description = "The CAR file; - is standard output",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<bool> Whole = new("--whole")
    {
        Description = "Keep content above 1 MiB as one block; IPFS tools refuse such blocks",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "export", "Write content, and all it links to, to a CAR file that other tools read.")
        {
            Prints = "CID<tab>file for each CID. Content above 1 MiB is written as UnixFS, leaves of at most 1 MiB;\n"
                + "the last root of the archive is a manifest that maps each such CID to its UnixFS root.",
            Examples =
            [
                ("cimstore export CID -o content.car", "one content"),
                ("cimstore export ROOT -o tree.car", "a tree, with all its files"),
                ("cimstore ls | cimstore export - -o all.car", "everything"),
                ("cimstore export CID -o content.car --whole", "one block each, whatever its size"),
            ],
            Exits =
            [
                ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.Corrupt, ExitCode.InUse,
            ],
        };
        command.Add(Cids);
        command.Add(To);
        command.Add(Whole);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var cids = (await CidText.ParseAllAsync(session.Value(Cids), cancellationToken)).Distinct().ToList();
        if (cids.Count == 0)
        {
            throw CliException.Usage("There is no CID to export on standard input.");
        }

        var to = session.Value(To);
        var store = await session.OpenAsync(cancellationToken);

        // The head of the archive is known last and written over its beginning: a pipe is served from a file.
        var isPipe = to == "-" || FileKind.IsSpecial(to);
        var file = isPipe ? Path.GetTempFileName() : to;
        try
        {
            CarExported? exported = null;
            await AtomicFile.WriteFileAsync(
                file,
                async stream => exported = await WriteAsync(
                    store.Client, cids, stream, session.Value(Whole), cancellationToken),
                cancellationToken);
            if (isPipe)
            {
                await CopyAsync(session, file, to, cancellationToken);
            }
            else
            {
                Print(session, cids, to, exported!);
            }
        }
        finally
        {
            if (isPipe)
            {
                File.Delete(file);
            }
        }

        return ExitCode.Ok;
    }

    private static async Task<CarExported> WriteAsync(
        IStorageClient client, List<Cid> cids, FileStream file, bool whole, CancellationToken cancellationToken)
    {
        var writer = PipeWriter.Create(
            file, new StreamPipeWriterOptions(minimumBufferSize: 256 * 1024, leaveOpen: true));
        CarExported exported;
        try
        {
            exported = await new CarExport(client).ExportAsync(cids, writer, whole, cancellationToken);
            await writer.FlushAsync(cancellationToken);
            await writer.CompleteAsync();
        }
        catch (Exception exception)
        {
            await writer.CompleteAsync(exception);
            throw;
        }

        if (!exported.Head.IsEmpty)
        {
            await RandomAccess.WriteAsync(file.SafeFileHandle, exported.Head, 0, cancellationToken);
        }

        return exported;
    }

    private static async Task CopyAsync(
        CliSession session, string file, string to, CancellationToken cancellationToken)
    {
        await using var source = File.OpenRead(file);
        if (to == "-")
        {
            await source.CopyToAsync(session.Out.Raw, cancellationToken);
            return;
        }

        await using var special = new FileStream(to, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
        await source.CopyToAsync(special, cancellationToken);
    }

    private static void Print(CliSession session, List<Cid> cids, string file, CarExported exported)
    {
        if (session.IsJson)
        {
            var json = new ExportedJson(
                file, [.. cids.Select(cid => cid.ToString())], exported.Manifest?.ToString(), exported.BlockCount,
                exported.SizeBytes);
            session.Out.Json(json, CliJson.Default.ExportedJson);
            return;
        }

        foreach (var cid in cids)
        {
            session.Out.Line($"{cid}\t{LineEscape.Escape(file)}");
        }

        session.SayMore($"{exported.BlockCount} blocks, {Sizes.Of(exported.SizeBytes)}, manifest {exported.Manifest}");
    }
}

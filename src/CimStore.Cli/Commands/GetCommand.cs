using System.CommandLine;
using System.IO.Pipelines;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Content;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore get`: content to a file, many contents to a directory, a tree to a directory tree.</summary>
internal static class GetCommand
{
    private static readonly Argument<string[]> Cids = new("CID")
    {
        Description = "What to write; - reads CIDs from standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> To = new("--output", "-o")
    {
        Description = "The file; or a directory, where the file is named by its CID; - is standard output",
        HelpName = "PATH",
    };

    private static readonly Option<bool> Recursive = new("--recursive", "-r")
    {
        Description = "The CID is the root of a tree (from put -r): restore it into the directory -o",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "get", "Write content to a file, or restore a directory tree; every byte is proved first.")
        {
            Prints = "CID<tab>path of each file written (not when -o is -). A file appears whole or not at all;\n"
                + "one that is there is replaced.",
            Examples =
            [
                ("cimstore get CID -o photo.jpg", "one file"),
                ("cimstore get CID1 CID2 -o folder", "each into a file named by its CID"),
                ("cimstore ls | cimstore get - -o folder", "everything"),
                ("cimstore get -r ROOT -o restored", "a tree: names, modes, times, symbolic links"),
            ],
            Exits =
            [
                ExitCode.NotWell, ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.Corrupt,
                ExitCode.InUse,
            ],
        };
        command.Add(Cids);
        command.Add(To);
        command.Add(Recursive);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var cids = await CidText.ParseAllAsync(session.Value(Cids), cancellationToken);
        var to = session.Value(To);
        if (session.Value(Recursive))
        {
            if (cids.Count != 1 || to is null or "-")
            {
                throw CliException.Usage("get -r takes one ROOT and -o DIR.");
            }

            var opened = await session.OpenAsync(cancellationToken);
            return await TreeGetter.GetAsync(session, opened.Client, cids[0], to, cancellationToken);
        }

        var store = await session.OpenAsync(cancellationToken);
        if (to == "-")
        {
            var writer = PipeWriter.Create(session.Out.Raw);
            foreach (var cid in cids)
            {
                await Contents.CopyAsync(store.Client, cid, ByteRange.All, writer, cancellationToken);
                await writer.FlushAsync(cancellationToken);
            }

            return ExitCode.Ok;
        }

        return await GetFilesAsync(session, store, cids, to, cancellationToken);
    }

    private static async Task<int> GetFilesAsync(
        CliSession session, StoreConnection store, List<Cid> cids, string? to, CancellationToken cancellationToken)
    {
        var isDirectory = to is null || cids.Count > 1 || to.EndsWith('/') || Directory.Exists(to);
        if (isDirectory && to is not null)
        {
            Directory.CreateDirectory(to);
        }

        using var progress = new Progress(session, "written");
        var failures = new List<int>();
        foreach (var cid in cids)
        {
            var path = isDirectory ? Path.Combine(to ?? "", cid.ToString()) : to!;
            try
            {
                await GetFileAsync(session, store, cid, path, progress, cancellationToken);
            }
            catch (Exception exception) when (cids.Count > 1 && IsOfThisContent(exception))
            {
                // Many were asked for: the others are still wanted.
                var (exitCode, message) = Failures.Describe(exception);
                session.Say("cimstore: " + message);
                failures.Add(exitCode);
            }
        }

        return failures.Count == 0 ? ExitCode.Ok
            : failures.Count == cids.Count && failures.Distinct().Count() == 1 ? failures[0]
            : ExitCode.NotWell;
    }

    private static async Task GetFileAsync(
        CliSession session, StoreConnection store, Cid cid, string path, Progress progress,
        CancellationToken cancellationToken)
    {
        long size = 0;
        await AtomicFile.WriteAsync(
            path,
            async writer =>
            {
                await Contents.CopyAsync(store.Client, cid, ByteRange.All, writer, cancellationToken);
                await writer.FlushAsync(cancellationToken);
            },
            cancellationToken);
        size = FileKind.IsSpecial(path) ? 0 : new FileInfo(path).Length;
        progress.Add(1, size);
        if (session.IsJson)
        {
            session.Out.Json(new CidPathJson(cid.ToString(), path, size), CliJson.Default.CidPathJson);
        }
        else
        {
            session.Out.Line($"{cid}\t{LineEscape.Escape(path)}");
        }
    }

    private static bool IsOfThisContent(Exception exception) =>
        exception is CliException or Engine.RefusedException or Locations.IntegrityException;
}

using System.CommandLine;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Engine;
using CimStore.Objects;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore put`: stores files, standard input or whole directories.</summary>
internal static class PutCommand
{
    private static readonly Argument<string[]> Paths = new("PATH")
    {
        Description = "Files to store; - is standard input; directories with -r",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<bool> Recursive = new("--recursive", "-r")
    {
        Description = "Store directories as trees: the last line of each is its root",
    };

    private static readonly Option<bool> Null = new("--null", "-0")
    {
        Description = "End lines with NUL and write names unescaped",
    };

    private static readonly Option<bool> OnlyHash = new("--only-hash", "-n")
    {
        Description = "Print the CID that each file would have; store nothing",
    };

    private static readonly Option<string?> Expect = new("--expect")
    {
        Description = "Refuse the content when its CID is not this one (one file only)",
        HelpName = "CID",
    };

    private static readonly Option<string?> Name = new("--name")
    {
        Description = "Give this name to the file or tree (one PATH only)",
        HelpName = "NAME",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "put", "Store files, standard input or whole directories; durable when it returns.")
        {
            Prints = "CID<tab>path, one line a file, in order; with -r the last line of a tree is ROOT<tab>PATH.\n"
                + @"A name with control characters, \ or bytes that are not UTF-8 is escaped: \n \t \r \\ \xNN.",
            Examples =
            [
                ("cimstore put photo.jpg notes.txt", "two files"),
                ("tar c . | cimstore put -", "standard input"),
                ("cimstore put -r ~/documents", "a directory; the last line is its root"),
                ("cimstore put --name backup -r ~/documents", "and give the root a name"),
                ("cimstore put --json photo.jpg", "with the durability receipt"),
                ("cimstore put --hash sha2-256 photo.jpg", "named by SHA2-256 instead of BLAKE3"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Paths);
        command.Add(Recursive);
        command.Add(Null);
        command.Add(OnlyHash);
        command.Add(Expect);
        command.Add(Name);
        StoreOptions.AddTo(command);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var paths = session.Value(Paths);
        Check(session, paths);
        var request = StoreOptions.Read(session) with
        {
            ExpectedCid = session.Value(Expect) is { } expected ? CidText.Parse(expected) : null,
        };
        var report = new PutReport(session, session.Value(Null));
        if (session.Value(OnlyHash))
        {
            await OnlyHashing.RunAsync(paths, request, report, cancellationToken);
            return report.Finish(paths.Length);
        }

        var store = await session.OpenOrCreateAsync(cancellationToken);
        using var progress = new Progress(session, "stored");
        var files = new FilePutter(store.Client, request, report, progress);
        foreach (var path in paths)
        {
            if (session.Value(Recursive) && OpenablePath.IsDirectory(path))
            {
                await files.FlushAsync(cancellationToken);
                await TreePutter.PutAsync(store.Client, path, request, report, progress, cancellationToken);
            }
            else
            {
                await files.PutAsync(path, cancellationToken);
            }
        }

        await files.FlushAsync(cancellationToken);
        if (session.Value(Name) is { } name && report.Last is { } cid)
        {
            var naming = new NameSetRequest(
                OwnerId.Local, NamespaceId.Default, name, cid, null, false, CommandIdentity.None);
            await store.Client.SetNameAsync(naming, cancellationToken);
        }

        return report.Finish(session.Value(Recursive) ? int.MaxValue : paths.Length);
    }

    private static void Check(CliSession session, string[] paths)
    {
        if (paths.Count(path => path == "-") > 1)
        {
            throw CliException.Usage("Standard input (-) can be stored once.");
        }

        if (paths.Length > 1 && (session.IsGiven(Expect) || session.IsGiven(Name)))
        {
            throw CliException.Usage("--expect and --name go with one PATH.");
        }

        if (session.Value(Recursive) && (session.IsGiven(Expect) || session.Value(OnlyHash)))
        {
            throw CliException.Usage("--expect and --only-hash go with files, not with -r.");
        }
    }
}

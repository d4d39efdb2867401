using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;
using CimStore.Engine;
using CimStore.Objects;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore name`: content does not change, names move.</summary>
internal static class NameCommand
{
    private static readonly Option<string> Space = new("--namespace")
    {
        Description = "The namespace that the name is in",
        HelpName = "NAMESPACE",
        DefaultValueFactory = _ => NamespaceId.Default.Name,
        Recursive = true,
    };

    private static readonly Option<bool> Null = new("--null", "-0")
    {
        Description = "End lines with NUL and write names unescaped",
    };

    private static readonly Option<string?> Expect = new("--expect")
    {
        Description = "Only when the name names this CID now",
        HelpName = "CID",
    };

    private static readonly Option<bool> New = new("--new") { Description = "Only when the name does not exist" };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "name", "Give names to CIDs. A named content is kept until the name moves or goes.")
        {
            Examples =
            [
                ("cimstore name set backup CID", "create or move a name"),
                ("cimstore name get backup", "the CID it names"),
                ("cimstore get -r $(cimstore name get backup) -o restored", "restore what it names"),
                ("cimstore name history backup", "all it ever named"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Space);
        command.Add(CreateSet());
        command.Add(CreateGet());
        command.Add(CreateList());
        command.Add(CreateHistory());
        command.Add(CreateWatch());
        command.Add(CreateRemove());
        return command;
    }

    private static CliCommand CreateSet()
    {
        var name = NameArgument();
        var cid = new Argument<string>("CID") { Description = "What it shall name" };
        var command = new CliCommand(
            "set", "Create a name or move it; with --expect or --new only when nobody was faster.")
        {
            Prints = "CID<tab>name",
            Examples =
            [
                ("cimstore name set backup CID", "create or move"),
                ("cimstore name set backup CID --expect OLD", "compare and set"),
                ("cimstore name set backup CID --new", "only create"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(name);
        command.Add(cid);
        command.Add(Expect);
        command.Add(New);
        command.Runs(async (session, cancellationToken) =>
        {
            var request = Request(session, session.Value(name)) with
            {
                Cid = CidText.Parse(session.Value(cid)),
                MustBeNew = session.Value(New),
            };
            var store = await session.OpenAsync(cancellationToken);
            Print(session, await store.Client.SetNameAsync(request, cancellationToken), '\n');
            return ExitCode.Ok;
        });
        return command;
    }

    private static CliCommand CreateGet()
    {
        var name = NameArgument();
        var command = new CliCommand("get", "Print the CID that a name names.")
        {
            Prints = "The CID alone, ready to be used in another command.",
            Examples = [("cimstore cat $(cimstore name get report)", "read what it names")],
            Exits = [ExitCode.NotFound, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(name);
        command.Runs(async (session, cancellationToken) =>
        {
            var store = await session.OpenAsync(cancellationToken);
            var record = await store.Client.FindNameAsync(SpaceOf(session), session.Value(name), cancellationToken);
            if (record?.Cid is null)
            {
                throw NoName(session.Value(name), wasThere: record is not null);
            }

            if (session.IsJson)
            {
                session.Out.Json(Shape.Of(record), CliJson.Default.NameJson);
            }
            else
            {
                session.Out.Line(record.Cid.Value.ToString());
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static CliCommand CreateList()
    {
        var command = new CliCommand("ls", "List names, in the order of their text.")
        {
            Prints = "CID<tab>name, one line a name.",
            Examples = [("cimstore name ls", "all of the default namespace")],
            Exits = [ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Null);
        command.Runs(async (session, cancellationToken) =>
        {
            var store = await session.OpenAsync(cancellationToken);
            await foreach (var record in store.Client.ListNamesAsync(SpaceOf(session), null, cancellationToken))
            {
                Print(session, record, session.Value(Null) ? '\0' : '\n');
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static CliCommand CreateHistory()
    {
        var name = NameArgument();
        var command = new CliCommand("history", "List all that a name ever named, newest first.")
        {
            Prints = "revision<tab>time<tab>CID; a deletion has - for the CID.",
            Examples = [("cimstore name history backup", "newest first")],
            Exits = [ExitCode.NotFound, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(name);
        command.Runs(async (session, cancellationToken) =>
        {
            var store = await session.OpenAsync(cancellationToken);
            var any = false;
            var history = store.Client.NameHistoryAsync(SpaceOf(session), session.Value(name), cancellationToken);
            await foreach (var record in history)
            {
                any = true;
                PrintState(session, record);
            }

            return any ? ExitCode.Ok : throw NoName(session.Value(name), wasThere: false);
        });
        return command;
    }

    private static CliCommand CreateWatch()
    {
        var name = NameArgument();
        var limit = new Option<long?>("--limit") { Description = "Stop after so many lines", HelpName = "N" };
        var command = new CliCommand(
            "watch", "Print what a name names now and each change as it happens, until Ctrl-C.")
        {
            Prints = "revision<tab>time<tab>CID; a deletion has - for the CID.",
            Examples =
            [
                ("cimstore name watch backup", "until Ctrl-C"),
                ("cimstore name watch backup --limit 1", "wait until it exists"),
            ],
            Exits = [ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(name);
        command.Add(limit);
        command.Runs(async (session, cancellationToken) =>
        {
            var left = session.Value(limit) ?? long.MaxValue;
            var store = await session.OpenAsync(cancellationToken);
            var changes = store.Client.WatchNameAsync(SpaceOf(session), session.Value(name), cancellationToken);
            await foreach (var record in changes)
            {
                PrintState(session, record);
                session.Out.Flush();
                if (--left <= 0)
                {
                    break;
                }
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static CliCommand CreateRemove()
    {
        var name = NameArgument();
        var command = new CliCommand(
            "rm", "Delete a name; its history stays, its content goes after the grace if nothing else keeps it.")
        {
            Prints = "CID<tab>name, as it was.",
            Examples =
            [
                ("cimstore name rm backup", "can be undone: name set"),
                ("cimstore name rm backup --expect CID", "only when it names this now"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(name);
        command.Add(Expect);
        command.Runs(async (session, cancellationToken) =>
        {
            var request = Request(session, session.Value(name));
            var store = await session.OpenAsync(cancellationToken);
            var before = await store.Client.FindNameAsync(SpaceOf(session), request.Name, cancellationToken);
            if (before?.Cid is null)
            {
                throw NoName(request.Name, wasThere: before is not null);
            }

            var after = await store.Client.DeleteNameAsync(request, cancellationToken);
            Print(session, after with { Cid = before.Cid }, '\n');
            return ExitCode.Ok;
        });
        return command;
    }

    private static Argument<string> NameArgument() => new("NAME") { Description = "1 to 255 characters" };

    private static NamespaceId SpaceOf(CliSession session) => Labelled(() => new NamespaceId(session.Value(Space)));

    private static NameSetRequest Request(CliSession session, string name) => new(
        OwnerId.Local, SpaceOf(session), Checked(name), null,
        session.Value(Expect) is { } expected ? CidText.Parse(expected) : null, false, CommandIdentity.None);

    private static string Checked(string name) =>
        name.Length is >= 1 and <= 255 && !name.Any(char.IsControl)
            ? name
            : throw CliException.Usage("A name has 1 to 255 characters and no control characters.");

    private static T Labelled<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException exception)
        {
            throw CliException.Usage(exception.Message);
        }
    }

    private static CliException NoName(string name, bool wasThere) => CliException.NotFound(
        $"There is no name '{LineEscape.Escape(name)}'"
            + (wasThere ? " any more: 'cimstore name history' shows what it named." : "."));

    private static void Print(CliSession session, NameRecord record, char terminator)
    {
        if (session.IsJson)
        {
            session.Out.Json(Shape.Of(record), CliJson.Default.NameJson);
            return;
        }

        var name = terminator == '\0' ? record.Name : LineEscape.Escape(record.Name);
        session.Out.Text($"{record.Cid?.ToString() ?? "-"}\t{name}", terminator);
    }

    private static void PrintState(CliSession session, NameRecord record)
    {
        if (session.IsJson)
        {
            session.Out.Json(Shape.Of(record), CliJson.Default.NameJson);
        }
        else
        {
            session.Out.Line($"{record.Revision}\t{Sizes.Of(record.At)}\t{record.Cid?.ToString() ?? "-"}");
        }
    }
}

using System.CommandLine;
using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore stat`: the record of content.</summary>
internal static class StatCommand
{
    private static readonly Argument<string[]> Cids = new("CID")
    {
        Description = "Whose record to show; - reads CIDs from standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    public static CliCommand Create()
    {
        var command = new CliCommand("stat", "Show the record of content: size, copies, references, class.")
        {
            Prints = "key: value lines; with --json one object a line. Content that was removed is shown with its\n"
                + "tombstone, and answers 3 as what was never here does.",
            Examples =
            [
                ("cimstore stat CID", "for a person"),
                ("cimstore stat CID --json", "for a program"),
                ("cimstore stat CID --json | jq .sizeBytes", "one value of it"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Cids);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var cids = await CidText.ParseAllAsync(session.Value(Cids), cancellationToken);
        var store = await session.OpenAsync(cancellationToken);
        var exitCode = ExitCode.Ok;
        foreach (var cid in cids)
        {
            if (await store.Client.StatAsync(cid, cancellationToken) is { } record)
            {
                Print(session, Shape.Of(record));
                exitCode = record.IsPresent ? exitCode : ExitCode.NotFound;
            }
            else
            {
                session.Say("cimstore: " + Contents.NotHere(cid).Message);
                exitCode = ExitCode.NotFound;
            }
        }

        return exitCode;
    }

    public static void Print(CliSession session, ObjectJson shape)
    {
        if (session.IsJson)
        {
            session.Out.Json(shape, CliJson.Default.ObjectJson);
            return;
        }

        Line(session, "cid", shape.Cid);
        var bytes = shape.SizeBytes.ToString(CultureInfo.InvariantCulture);
        Line(session, "size", $"{bytes} ({Sizes.Of(shape.SizeBytes)})");
        Line(session, "codec", $"{shape.Codec}, {shape.Hash}");
        Line(session, "root", shape.Root);
        Line(session, "class", $"{shape.Class}, {shape.DataClass}, {shape.Pattern}");
        Line(session, "tier", shape.Tier);
        Line(session, "created", $"{Sizes.Of(shape.CreatedAt)} (lsn {shape.Created}, revision {shape.Revision})");
        foreach (var copy in shape.Copies)
        {
            Line(session, "copy", $"{copy.Location}: {copy.State}, verified {Sizes.Of(copy.VerifiedAt)}");
        }

        foreach (var reference in shape.References)
        {
            var name = reference.Name is null ? "(pin)" : LineEscape.Escape(reference.Name);
            Line(session, "reference", $"{reference.Owner}/{reference.Namespace} {name}");
        }

        if (shape.Tombstone is { } grave)
        {
            Line(session, "removed", $"{Sizes.Of(grave.DeletedAt)}, "
                + (grave.Released is null ? $"bytes kept until {Sizes.Of(grave.GraceEndsAt)}" : "bytes given up"));
        }
    }

    private static void Line(CliSession session, string key, string value) =>
        session.Out.Line($"{(key + ":").PadRight(11)}{value}");
}

using System.CommandLine;
using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore ls`: everything stored, in a stable order.</summary>
internal static class ListCommand
{
    private static readonly Option<string?> After = new("--after")
    {
        Description = "Begin behind this CID: to go on where another listing ended",
        HelpName = "CID",
    };

    private static readonly Option<long?> Limit = new("--limit")
    {
        Description = "At most so many",
        HelpName = "N",
    };

    private static readonly Option<bool> Long = new("--long", "-l")
    {
        Description = "CID<tab>size<tab>tier<tab>created",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "ls", "List the CIDs of everything stored, one a line, in the order of their text.")
        {
            Prints = "One CID a line, sorted by its bytes (LC_ALL=C sort agrees); --long and --json show more.",
            Examples =
            [
                ("cimstore ls", "everything"),
                ("cimstore ls -l", "with size, tier and time"),
                ("cimstore ls --after CID --limit 1000", "the next thousand"),
                ("cimstore ls --json", "one object a line"),
            ],
            Exits = [ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(After);
        command.Add(Limit);
        command.Add(Long);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        Content.Cid? after = session.Value(After) is { } text ? CidText.Parse(text) : null;
        var left = session.Value(Limit) ?? long.MaxValue;
        if (left < 0)
        {
            throw CliException.Usage("--limit is not negative.");
        }

        var store = await session.OpenAsync(cancellationToken);
        if (left == 0)
        {
            return ExitCode.Ok;
        }

        await foreach (var record in store.Client.ListAsync(after, cancellationToken))
        {
            if (session.IsJson)
            {
                session.Out.Json(Shape.Listed(record), CliJson.Default.ListedJson);
            }
            else if (session.Value(Long))
            {
                var size = record.SizeBytes.ToString(CultureInfo.InvariantCulture);
                session.Out.Line(
                    $"{record.Key.Cid}\t{size}\t{JsonText.Of(record.Tier)}\t{Sizes.Of(record.CreatedAt)}");
            }
            else
            {
                session.Out.Line(record.Key.Cid.ToString());
            }

            if (--left == 0)
            {
                break;
            }
        }

        return ExitCode.Ok;
    }
}

using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;
using CimStore.Engine;
using CimStore.Locations;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore location`: the life-cycle of locations.</summary>
internal static class LocationCommand
{
    private static readonly Argument<string> Name = new("LOCATION")
    {
        Description = "The location's id in the configuration",
    };

    private static readonly Option<bool> Detach = new("--detach")
    {
        Description = "Do not wait for the end; 'cimstore jobs' shows how far it is",
    };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Really: retiring is for good" };

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Say whether it may be retired now; change nothing",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand("location", "Locations: what is there, drain one, retire it.")
        {
            Examples =
            [
                ("cimstore location list", "state, copies and room of each"),
                ("cimstore location drain pool", "move everything off it, so that it can be taken away"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(CreateList());
        command.Add(CreateDrain());
        command.Add(CreateActivate());
        command.Add(CreateRetire());
        return command;
    }

    private static CliCommand CreateList()
    {
        var command = new CliCommand("list", "List locations in the order of the configuration.")
        {
            Prints = "LOCATION<tab>tier<tab>state<tab>copies<tab>size of their content<tab>free (used). Free and\n"
                + "used are of the disks that it lies on, whoever fills them: used is what is not free, with other\n"
                + "files, other locations of the same disk, and what the file system keeps for itself.",
            Examples = [("cimstore location list", "all"), ("cimstore location list --json", "for a program")],
            Exits = [ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Runs(async (session, token) =>
        {
            var store = await session.OpenAsync(token);
            foreach (var location in await store.Operator.ListLocationsAsync(token))
            {
                Print(session, location);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static CliCommand CreateDrain()
    {
        var command = new CliCommand(
            "drain", "Give a location nothing new, and move every copy off it: another copy first, always.")
        {
            Prints = "The job, as 'jobs list' prints it. Interrupted it goes on in a node; in a directory 'jobs run'\n"
                + "goes on. Where no node serves the directory it ends after one try: with something left the exit\n"
                + "code is 1, and the job stays queued for the next 'jobs run' or a node. When it is done the\n"
                + "location may be retired, or activated again.",
            Examples =
            [
                ("cimstore location drain pool", "with its progress"),
                ("cimstore location drain pool --detach", "and go"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Name);
        command.Add(Detach);
        command.Runs((session, token) => JobRun.RunAsync(
            session, new JobArguments(JobKind.Drain) { Location = Parse(session) }, session.Value(Detach), token));
        return command;
    }

    private static CliCommand CreateActivate()
    {
        var command = new CliCommand("activate", "Let a draining location take copies again.")
        {
            Prints = "As list.",
            Examples = [("cimstore location activate pool", "a drain that is not wanted any more; cancel its job too")],
            Exits = [ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Name);
        command.Runs((session, token) => SetAsync(session, LocationState.Active, token));
        return command;
    }

    private static CliCommand CreateRetire()
    {
        var command = new CliCommand("retire", "Give up an empty location for good.")
        {
            Prints = "As list. It can then be taken out of the configuration. With --dry-run as list, as it is now,\n"
                + "and exit code 4 with the reason when it would be refused.",
            Examples =
            [
                ("cimstore location retire pool --dry-run", "may it be?"),
                ("cimstore location retire pool --yes", "after its drain"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Name);
        command.Add(Yes);
        command.Add(DryRun);
        command.Runs((session, token) => session.Value(DryRun)
            ? CheckAsync(session, token)
            : session.Value(Yes)
            ? SetAsync(session, LocationState.Retired, token)
            : throw CliException.Usage("A retired location cannot be bound again under its name: add --yes."));
        return command;
    }

    private static async Task<int> SetAsync(
        CliSession session, LocationState state, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        Print(session, await store.Operator.SetLocationAsync(Parse(session), state, cancellationToken));
        return ExitCode.Ok;
    }

    private static async Task<int> CheckAsync(CliSession session, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        var location = Parse(session);
        Print(session, await store.Operator.CheckLocationAsync(location, LocationState.Retired, cancellationToken));
        session.Out.Flush();
        session.Say($"{location} would be retired; nothing was changed.");
        return ExitCode.Ok;
    }

    private static LocationId Parse(CliSession session)
    {
        try
        {
            return new LocationId(session.Value(Name));
        }
        catch (ArgumentException exception)
        {
            throw CliException.Usage(exception.Message);
        }
    }

    private static void Print(CliSession session, LocationReport location)
    {
        if (session.IsJson)
        {
            session.Out.Json(OperatorShape.Of(location), CliJson.Default.LocationJson);
            return;
        }

        var room = location is { FreeBytes: { } free, FillShare: { } fill }
            ? $"{Sizes.Of(free)} free ({fill * 100:0} % used)" : "room not known";
        session.Out.Line(
            $"{location.Location}\t{JsonText.Of(location.Tier)}\t{JsonText.Of(location.State)}\t{location.Copies}\t"
            + $"{Sizes.Of(location.SizeBytes)}\t{room}");
    }
}

using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore status`: what an operator asks first.</summary>
internal static class StatusCommand
{
    public static CliCommand Create()
    {
        var command = new CliCommand(
            "status", "Show objects, space, owners, and what is wrong or weaker than promised.")
        {
            Prints = "key: value lines, then one warning a line; with --json one object.",
            Examples =
            [
                ("cimstore status", "for a person"),
                ("cimstore status --json | jq .space.freeBytes", "for a program"),
            ],
            Exits = [ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        var status = Shape.Of(await store.Client.StatusAsync(cancellationToken), store.Where);
        if (session.IsJson)
        {
            session.Out.Json(status, CliJson.Default.StatusJson);
            return ExitCode.Ok;
        }

        var space = status.Space;
        Line(session, "store", status.Where);
        Line(session, "version", status.Version);
        Line(session, "objects", $"{Number(status.Objects)} ({Sizes.Of(status.LogicalBytes)})");
        Line(session, "on disk", $"{Sizes.Of(space.PhysicalBytes)} = live {Sizes.Of(space.LiveBytes)} + held "
            + $"{Sizes.Of(space.HeldBytes)} + garbage {Sizes.Of(space.GarbageBytes)} + overhead "
            + Sizes.Of(space.OverheadBytes));
        Line(session, "free", Sizes.Of(space.FreeBytes));
        Line(session, "durable", "lsn " + status.DurableLsn.ToString(CultureInfo.InvariantCulture));
        Line(session, "class", status.DefaultClass);
        foreach (var owner in status.Owners)
        {
            Line(session, "owner", $"{owner.Owner}: {Number(owner.Objects)} objects, {Number(owner.References)} "
                + $"references, {Sizes.Of(owner.LogicalBytes)}");
        }

        foreach (var warning in status.Warnings)
        {
            Line(session, "warning", warning.ReplaceLineEndings(" "));
        }

        return ExitCode.Ok;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Line(CliSession session, string key, string value) =>
        session.Out.Line($"{(key + ":").PadRight(9)}{value}");
}

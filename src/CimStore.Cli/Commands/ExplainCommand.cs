using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore explain`: which rules put content where it is.</summary>
internal static class ExplainCommand
{
    private static readonly Argument<string> One = new("CID") { Description = "What to explain" };

    public static CliCommand Create()
    {
        var command = new CliCommand("explain", "Say why content is where it is: each rule with the facts it saw.")
        {
            Prints = "One reason a line; with --json the object's record and the reasons.",
            Examples =
            [
                ("cimstore explain CID", "for a person"),
                ("cimstore explain CID --json", "record and reasons"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(One);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var cid = CidText.Parse(session.Value(One));
        var store = await session.OpenAsync(cancellationToken);
        var explained = await store.Client.ExplainAsync(cid, cancellationToken) ?? throw Contents.NotHere(cid);
        if (session.IsJson)
        {
            var json = new ExplainedJson(Shape.Of(explained.Record), [.. explained.Reasons]);
            session.Out.Json(json, CliJson.Default.ExplainedJson);
            return ExitCode.Ok;
        }

        foreach (var reason in explained.Reasons)
        {
            session.Out.Line(reason.ReplaceLineEndings(" "));
        }

        return ExitCode.Ok;
    }
}

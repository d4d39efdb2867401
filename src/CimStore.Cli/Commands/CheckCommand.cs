using System.CommandLine;
using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Engine;
using CimStore.Locations;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore check`: is everything that was promised still true?</summary>
internal static class CheckCommand
{
    private static readonly Option<bool> Quick = new("--quick")
    {
        Description = "Do not read the bytes of the content",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand("check", "Compare the records, the events and the bytes of the whole store.")
        {
            Prints = "What was looked at<tab>ok or NOT WELL<tab>what was seen:\n"
                + "store (warnings), space (the ledger adds up), events (the hash chain), log (every record proved,\n"
                + "the index and the large files are what follows from it; not behind a node), records (each\n"
                + "has a verified copy), content (every copy read and proved).",
            Examples =
            [
                ("cimstore check", "everything"),
                ("cimstore check --quick", "all but the bytes of the content"),
                ("cimstore check --json", "one finding a line"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Quick);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        var status = await store.Client.StatusAsync(cancellationToken);
        var isWell = true;
        isWell &= Findings.Print(session, Store(status));
        isWell &= Findings.Print(session, Space(status));
        isWell &= Findings.Print(session, await AuditCommand.CheckAsync(store, cancellationToken));
        isWell &= await LogAsync(session, store, cancellationToken);
        isWell &= Findings.Print(session, await RecordsAsync(store.Client, cancellationToken));
        if (!session.Value(Quick))
        {
            isWell &= Findings.Print(session, await ContentAsync(session, store.Client, cancellationToken));
        }

        return isWell ? ExitCode.Ok : ExitCode.NotWell;
    }

    /// <summary>What an operator accepted by name, or has to know but harms no content, is told and is well.</summary>
    private static FindingJson Store(NodeStatus status) => new(
        "store",
        status.Warnings.All(warning => warning.Contains("--force-unsafe", StringComparison.Ordinal)
            || warning.Contains(" free of ", StringComparison.Ordinal)),
        status.Warnings.IsEmpty ? "no warnings" : string.Join("; ", status.Warnings));

    private static FindingJson Space(NodeStatus status)
    {
        var space = status.Space;
        var sum = space.LiveBytes + space.HeldBytes + space.GarbageBytes + space.OverheadBytes;
        return sum == space.PhysicalBytes
            ? new FindingJson("space", true, $"{Sizes.Of(sum)} on disk, every byte accounted for")
            : new FindingJson(
                "space", false,
                $"{Number(space.PhysicalBytes)} bytes on disk, but live + held + garbage + overhead = {Number(sum)}");
    }

    /// <summary>One finding for each thing that is wrong: an operator needs all of them.</summary>
    private static async Task<bool> LogAsync(
        CliSession session, StoreConnection store, CancellationToken cancellationToken)
    {
        if (await store.CheckAsync(cancellationToken) is not { } wrong)
        {
            return Findings.Print(session, new FindingJson(
                "log", true, $"not looked at: the node at {store.Where} writes to it; stop the node to have it read"));
        }

        foreach (var detail in wrong)
        {
            Findings.Print(session, new FindingJson("log", false, detail));
        }

        return wrong.IsEmpty && Findings.Print(session, new FindingJson(
            "log", true, "every record is right, and the index and the large files are what follows from it"));
    }

    private static async Task<FindingJson> RecordsAsync(IStorageClient client, CancellationToken cancellationToken)
    {
        long count = 0;
        long bad = 0;
        string? first = null;
        await foreach (var record in client.ListAsync(null, cancellationToken))
        {
            count++;
            if (!record.Copies.Any(copy => copy.State == CopyState.Verified))
            {
                bad++;
                first ??= record.Key.Cid.ToString();
            }
        }

        return bad == 0
            ? new FindingJson("records", true, $"{Number(count)} objects, each with a verified copy")
            : new FindingJson(
                "records", false,
                $"{Number(bad)} of {Number(count)} objects have no verified copy; the first is {first}");
    }

    private static async Task<FindingJson> ContentAsync(
        CliSession session, IStorageClient client, CancellationToken cancellationToken)
    {
        var tally = await VerifyCommand.VerifyAsync(
            session, client, null,
            shape =>
            {
                if (shape.State != "ok")
                {
                    var detail = $"{shape.Cid} is {shape.State}. {VerifyCommand.Wrong(shape)}";
                    Findings.Print(session, new FindingJson("content", false, detail));
                }
            },
            cancellationToken);
        var isWell = tally.Bad + tally.Missing == 0;
        return new FindingJson(
            "content", isWell,
            $"{Number(tally.Good)} verified ({Sizes.Of(tally.Bytes)}), {tally.Bad} bad, {tally.Missing} missing");
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}

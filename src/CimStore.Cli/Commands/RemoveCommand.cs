using System.CommandLine;
using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Engine;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore rm`: removes the pin; the bytes go after a grace, when nothing else refers to them.</summary>
internal static class RemoveCommand
{
    private static readonly Argument<string[]> Cids = new("CID")
    {
        Description = "Whose reference to remove; - reads CIDs from standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Say what would happen; change nothing",
    };

    private static readonly Option<string?> Grace = new("--grace")
    {
        Description = "How long the bytes stay (90s, 30m, 12h, 7d); else the node's setting. 0 needs --yes",
        HelpName = "TIME",
    };

    private static readonly Option<bool> Yes = new("--yes")
    {
        Description = "Really, without grace",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "rm", "Remove the pin that put made; the content goes, after a grace, when nothing refers to it.")
        {
            Prints = "CID<tab>what became of it. Until the grace ends, putting the same bytes has them back.",
            Examples =
            [
                ("cimstore rm --dry-run CID", "what would happen"),
                ("cimstore rm CID", "recoverable until the grace ends"),
                ("cimstore rm --grace 7d CID", "keep the bytes for a week"),
                ("cimstore rm --grace 0 --yes CID", "not recoverable"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Cids);
        command.Add(DryRun);
        command.Add(Grace);
        command.Add(Yes);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var cids = await CidText.ParseAllAsync(session.Value(Cids), cancellationToken);
        TimeSpan? grace = session.Value(Grace) is { } text ? ParseTime(text) : null;
        if (grace == TimeSpan.Zero && !session.Value(Yes) && !session.Value(DryRun))
        {
            throw CliException.Usage("--grace 0 cannot be undone: add --yes when that is meant.");
        }

        var store = await session.OpenAsync(cancellationToken);
        var exitCode = ExitCode.Ok;
        foreach (var cid in cids)
        {
            var removed = session.Value(DryRun)
                ? await RehearseAsync(store.Client, cid, cancellationToken)
                : await RemoveAsync(store.Client, cid, grace, cancellationToken);
            Print(session, removed);
            exitCode = removed.Found ? exitCode : ExitCode.NotFound;
        }

        return exitCode;
    }

    private static async Task<RemovedJson> RemoveAsync(
        IStorageClient client, Cid cid, TimeSpan? grace, CancellationToken cancellationToken)
    {
        var request = DeleteRequest.Default with { Grace = grace };
        var result = await client.DeleteAsync(cid, request, cancellationToken);
        return new RemovedJson(
            cid.ToString(), result.Found, [.. result.StillReferenced.Select(Shape.Of)], result.GraceEndsAt, false);
    }

    private static async Task<RemovedJson> RehearseAsync(
        IStorageClient client, Cid cid, CancellationToken cancellationToken)
    {
        var record = await client.StatAsync(cid, cancellationToken);
        var pin = DeleteRequest.Default.Reference;
        var found = record is { IsPresent: true } && record.References.Contains(pin);
        var others = record is { IsPresent: true } ? record.References.Where(one => one != pin) : [];
        return new RemovedJson(cid.ToString(), found, [.. others.Select(Shape.Of)], null, true);
    }

    private static void Print(CliSession session, RemovedJson removed)
    {
        if (session.IsJson)
        {
            session.Out.Json(removed, CliJson.Default.RemovedJson);
            return;
        }

        session.Out.Line($"{removed.Cid}\t{(removed.DryRun ? "would be: " : "")}{Outcome(removed)}");
    }

    private static string Outcome(RemovedJson removed)
    {
        var kept = removed.StillReferenced.Length == 0
            ? null
            : "still referred to by " + string.Join(", ", removed.StillReferenced.Select(reference =>
                reference.Name is null
                    ? $"the pin of {reference.Owner}"
                    : $"{reference.Namespace}/{LineEscape.Escape(reference.Name)}"));
        return !removed.Found
            ? "no pin found" + (kept is null ? "" : ", " + kept)
            : kept ?? (removed.GraceEndsAt is { } end
                ? $"removed, bytes kept until {Sizes.Of(end)}"
                : "removed, bytes kept for the grace");
    }

    private static TimeSpan ParseTime(string text)
    {
        var unit = text.Length > 0 && !char.IsAsciiDigit(text[^1]) ? text[^1] : 's';
        var digits = text.TrimEnd('s', 'm', 'h', 'd');
        if (text.Length - digits.Length <= 1
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
        {
            return unit switch
            {
                's' => TimeSpan.FromSeconds(amount),
                'm' => TimeSpan.FromMinutes(amount),
                'h' => TimeSpan.FromHours(amount),
                'd' when amount <= 365_000 => TimeSpan.FromDays(amount),
                _ => throw CliException.Usage($"'{text}' is too long a time."),
            };
        }

        throw CliException.Usage($"'{text}' is not a time: 90s, 30m, 12h, 7d.");
    }
}

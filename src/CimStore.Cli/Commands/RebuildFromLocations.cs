using System.CommandLine;
using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;
using CimStore.Disk.Pool;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Server.Configuration;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore rebuild --from`: the data directory is lost, and other locations still hold copies.</summary>
internal static class RebuildFromLocations
{
    private const string All = "all";

    private const string NotHadBack =
        "Not had back, because only the lost data directory knew it: content that was in its log alone, names, "
        + "references, owners, classes, patterns, and dates before a copy was made. What had been deleted and still "
        + "lay there is back as well. Nothing refers to what was admitted; it stays until it is deleted.";

    private static readonly Option<string[]> From = new("--from")
    {
        Description = $"Admit what this location holds and the catalog does not know; several times, or '{All}'",
        HelpName = "LOCATION",
    };

    private static readonly Option<bool> NoVerify = new("--no-verify")
    {
        Description = "With --from: believe the headers; the scrub proves these copies first",
    };

    public static void AddTo(Command command)
    {
        command.Add(From);
        command.Add(NoVerify);
    }

    public static bool IsAskedFor(CliSession session) => session.Value(From) is { Length: > 0 }
        || (session.Value(NoVerify)
            ? throw CliException.Usage("--no-verify says how to rebuild --from a location; the log is always proved.")
            : false);

    public static async Task<int> RunAsync(
        CliSession session, StoreConnection store, bool isRehearsal, CancellationToken cancellationToken)
    {
        var locations = Chosen(session);
        var isWell = true;
        var admitted = 0L;
        foreach (var location in locations)
        {
            var request = new RebuildRequest(location.Id, !session.Value(NoVerify), isRehearsal);
            var tally = await RunAsync(session, store, request, locations.Count == 1, cancellationToken);
            isWell &= tally.IsWell;
            admitted += tally.Admitted + tally.Added;
        }

        foreach (var warning in (await store.Client.StatusAsync(cancellationToken)).Warnings)
        {
            session.Say(warning);
        }

        if (admitted > 0)
        {
            session.Say(NotHadBack);
        }

        return isWell ? ExitCode.Ok : ExitCode.NotWell;
    }

    /// <summary>
    /// What the locations hold must be there before the data directory is made: a pool whose disks are not mounted
    /// looks like one that is to be made, and would be.
    /// </summary>
    public static IReadOnlyList<LocationConfiguration> Chosen(CliSession session)
    {
        var tiers = session.Configured.Tiers;
        var others = tiers.Locations.Where(location => location.Id != tiers.Home.Id).ToList();
        if (others.Count == 0)
        {
            throw CliException.Usage(
                "No location is bound beside the log: name the file that binds what survived with --config FILE or "
                + "$CIMSTORE_CONFIG.");
        }

        var chosen = new List<LocationConfiguration>();
        foreach (var name in session.Value(From))
        {
            if (name == tiers.Home.Id.Name)
            {
                throw CliException.Usage(
                    $"{name} is the log: `cimstore rebuild --yes`, without --from, makes the catalog again from it.");
            }

            var named = others.Where(location => name == All || location.Id.Name == name).ToList();
            if (named.Count == 0)
            {
                throw CliException.Usage(
                    $"There is no location '{name}' beside the log here; there are: "
                    + $"{string.Join(", ", others.Select(location => location.Id))}, {All}.");
            }

            chosen.AddRange(named.Except(chosen));
        }

        if (chosen.Find(static location => !PoolLocation.IsMade(location.Paths)) is { } absent)
        {
            throw CliException.NotFound(
                $"No directory of {absent.Id} was ever used ({string.Join(", ", absent.Paths)}): are its disks "
                + "mounted? Nothing was changed.");
        }

        return chosen;
    }

    private static async Task<Tally> RunAsync(
        CliSession session, StoreConnection store, RebuildRequest request, bool isOnly,
        CancellationToken cancellationToken)
    {
        var tally = new Tally();
        using var progress = new Progress(session, request.From.Name);
        try
        {
            await foreach (var finding in store.RebuildAsync(request, cancellationToken))
            {
                tally.Count(finding);
                if (finding.Verdict != RebuildVerdict.Known)
                {
                    progress.Clear();
                    Print(session, finding, request.IsRehearsal);
                }

                progress.Add(1, finding.Verdict == RebuildVerdict.Known ? 0 : finding.SizeBytes);
            }
        }
        catch (LocationException failure) when (!isOnly)
        {
            // The next location may have what this one cannot give.
            session.Say($"{request.From}: {failure.Message}");
            tally.HasFailed = true;
        }

        session.Out.Flush();
        progress.Clear();
        Sum(session, request, tally);
        return tally;
    }

    private static void Print(CliSession session, RebuildFinding finding, bool isRehearsal)
    {
        if (session.IsJson)
        {
            var json = new RebuiltCopyJson(
                finding.Key.Cid.ToString(), finding.Location.Name, JsonText.Of(finding.Verdict), finding.SizeBytes,
                finding.Made, finding.LacksParts, isRehearsal, finding.Detail);
            session.Out.Json(json, CliJson.Default.RebuiltCopyJson);
            return;
        }

        var detail = finding.Detail is { } wrong ? "\t" + wrong.ReplaceLineEndings(" ") : "";
        session.Out.Line($"{finding.Key.Cid}\t{Word(finding.Verdict, isRehearsal)}\t{finding.Location}{detail}");
    }

    private static string Word(RebuildVerdict verdict, bool isRehearsal) =>
        (isRehearsal && verdict is RebuildVerdict.Admitted or RebuildVerdict.Added ? "would be " : "")
        + JsonText.Of(verdict);

    private static void Sum(CliSession session, RebuildRequest request, Tally tally)
    {
        if (session.IsJson)
        {
            var json = new RebuiltJson(
                request.From.Name, tally.Copies, tally.Admitted, tally.Added, tally.SizeBytes, tally.Known,
                tally.Surplus, tally.Deleted, tally.Bad, tally.Unread, tally.LackingParts, request.IsRehearsal);
            session.Out.Json(json, CliJson.Default.RebuiltJson);
            session.Out.Flush();
            return;
        }

        var would = request.IsRehearsal ? "would be " : "";
        session.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{request.From}: {tally.Copies:N0} copies, {tally.Admitted:N0} {would}admitted and {tally.Added:N0} "
            + $"{would}added to what was known ({Sizes.Of(tally.SizeBytes)}), {tally.Known:N0} known, "
            + $"{tally.Surplus:N0} surplus, {tally.Deleted:N0} deleted, {tally.Bad:N0} bad, {tally.Unread:N0} unread, "
            + $"{tally.LackingParts:N0} lacking parts"));
    }

    private sealed class Tally
    {
        private readonly long[] _counts = new long[Enum.GetValues<RebuildVerdict>().Length];

        public bool HasFailed { get; set; }

        public long Copies => _counts.Sum();

        public long SizeBytes { get; private set; }

        public long LackingParts { get; private set; }

        public long Admitted => _counts[(int)RebuildVerdict.Admitted];

        public long Added => _counts[(int)RebuildVerdict.Added];

        public long Known => _counts[(int)RebuildVerdict.Known];

        public long Surplus => _counts[(int)RebuildVerdict.Surplus];

        public long Deleted => _counts[(int)RebuildVerdict.Deleted];

        public long Bad => _counts[(int)RebuildVerdict.Bad];

        public long Unread => _counts[(int)RebuildVerdict.Unread];

        public bool IsWell => Bad == 0 && Unread == 0 && !HasFailed;

        public void Count(RebuildFinding finding)
        {
            _counts[(int)finding.Verdict]++;
            if (finding.Verdict is RebuildVerdict.Admitted or RebuildVerdict.Added)
            {
                SizeBytes += finding.SizeBytes;
                LackingParts += finding.LacksParts ? 1 : 0;
            }
        }
    }
}

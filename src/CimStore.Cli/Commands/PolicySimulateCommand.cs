using System.CommandLine;
using System.Globalization;
using CimStore.Cli.Simulation;
using CimStore.Cli.Terminal;
using CimStore.Policies;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore policy simulate`: what policies would make of the accesses that were.</summary>
internal static class PolicySimulateCommand
{
    private static readonly TimeSpan CycleMax = TimeSpan.FromDays(365);

    /// <summary>Cycles beyond would end where time does.</summary>
    private static readonly DateTimeOffset UntilMax = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Option<string> Trace = new("--trace")
    {
        Description = "CSV with the columns time, cid, size and op (put, get, delete), in order of time",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<string[]> Policies = new("--policy")
    {
        Description = "A policy by name, or a file with one or several; may be repeated (else all there are)",
        HelpName = "NAME|FILE",
    };

    private static readonly Option<string> Cycle = new("--cycle")
    {
        Description = "How often content is moved",
        HelpName = "TIME",
        DefaultValueFactory = _ => "1h",
    };

    private static readonly Option<string> Period = new("--period")
    {
        Description = "How long a line of the report covers; at least one cycle",
        HelpName = "TIME",
        DefaultValueFactory = _ => "1d",
    };

    private static readonly Option<string?> Until = new("--until")
    {
        Description = "Go on to this time after the trace has ended, as 2027-01-01T00:00:00Z",
        HelpName = "TIME",
    };

    private static readonly Option<string?> Capacity = new("--capacity")
    {
        Description = "How much tiers hold, as hot=100GiB,warm=1TiB; others never fill up",
        HelpName = "TIER=SIZE,...",
    };

    private static readonly Option<string?> Cost = new("--cost")
    {
        Description = "US dollars for a GB and month, as warm=0.02,cold=0.004; others as the configuration says",
        HelpName = "TIER=PRICE,...",
    };

    private static readonly Option<bool> Csv = new("--csv") { Description = "The periods as CSV, a row for each tier" };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "simulate", "Replay an access trace through policies in simulated time, and compare what they cost.")
        {
            Prints = "Per policy and period: policy<tab>end<tab>of each tier objects, bytes, dollars, share of the\n"
                + "reads<tab>moves. At the end a line for each policy: dollars, difference to the first, moves, reads.",
            Examples =
            [
                ("cimstore policy simulate --trace trace.csv", "all policies that are built in"),
                ("cimstore policy simulate --trace trace.csv --policy seed-v1 --policy mine.jsonc --period 7d", "two"),
                ("cimstore policy simulate --trace trace.csv --config node.json --csv > periods.csv", "for a sheet"),
                ("cimstore policy simulate --trace trace.csv --capacity hot=10GiB --cost hot=0.08,warm=0.02", "full"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.Corrupt],
        };
        foreach (var option in (Option[])
            [Trace, Policies, Cycle, Period, Until, Capacity, Cost, Csv])
        {
            command.Add(option);
        }

        command.Runs((session, cancellationToken) => Task.FromResult(Run(session, cancellationToken)));
        return command;
    }

    private static int Run(CliSession session, CancellationToken cancellationToken)
    {
        if (session.IsJson && session.Value(Csv))
        {
            throw CliException.Usage("--json and --csv exclude each other.");
        }

        var catalog = PolicyCatalog.Read(session.ConfigurationFile);
        var policies = Chosen(catalog, session.Value(Policies));
        var tiers = SimulationTiers.Of(catalog.Tiers, session.Value(Capacity), session.Value(Cost));
        var cycle = Duration("--cycle", session.Value(Cycle));
        var report = new SimulationReport(session, session.Value(Csv));
        var done = new List<SimulatedPolicy>();
        foreach (var policy in policies)
        {
            done.Add(Simulate(session, report, policy, tiers, cycle, cancellationToken));
        }

        report.Compare(done);
        return ExitCode.Ok;
    }

    private static SimulatedPolicy Simulate(
        CliSession session, SimulationReport report, MigrationPolicy policy, MigrationEnvironment tiers,
        TimeSpan cycle, CancellationToken cancellationToken)
    {
        var (file, until) = (session.Value(Trace), Instant(session.Value(Until)));
        var simulated = new SimulatedPolicy(policy);
        using var progress = new Progress(session, $"{policy.Name}: records");
        using var text = File.OpenText(file);
        var records = TraceReader.Read(text).Select(record =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress.Add(1, record.SizeBytes);
            return record;
        });
        var cycles = PolicySimulation.Run(policy, tiers, records, cycle, until).Select(one =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return one;
        });
        try
        {
            foreach (var period in ReportedPeriods.Of(cycles, cycle, Duration("--period", session.Value(Period))))
            {
                progress.Clear();
                report.Print(simulated, period);
            }
        }
        catch (TraceFormatException broken)
        {
            throw new CliException(
                ExitCode.Corrupt,
                string.Create(CultureInfo.InvariantCulture, $"{file}:{broken.Line}: {broken.Problem}"), broken);
        }

        return simulated;
    }

    /// <summary>A name that is no policy's may be a file's.</summary>
    private static List<MigrationPolicy> Chosen(PolicyCatalog catalog, string[]? named)
    {
        var chosen = named is not { Length: > 0 } ? [.. catalog.All] : named
            .SelectMany(name => catalog.Find(name) is { } policy ? [policy]
                : File.Exists(name) ? PolicyCatalog.Read(name).Own.AsEnumerable()
                : throw catalog.Unknown(name))
            .ToList();
        return chosen.GroupBy(policy => policy.Name).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw CliException.Usage($"The policy '{twice.Key}' is given twice.")
            : chosen.Count > 0 ? chosen : throw CliException.Usage("The files given with --policy have no policy.");
    }

    private static TimeSpan Duration(string option, string text) =>
        PolicyUnits.Duration(text) is { } duration && duration > TimeSpan.Zero && duration <= CycleMax
            ? duration
            : throw CliException.Usage($"{option}: '{text}' is no duration from 1s to 365d, such as 90m, 1h or 7d.");

    private static DateTimeOffset? Instant(string? text) => text is null
        ? null
        : DateTimeOffset.TryParseExact(
            text.Replace("Z", "+00:00", StringComparison.Ordinal), "yyyy-MM-dd'T'HH:mm:sszzz",
            CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) && at < UntilMax
            ? at
            : throw CliException.Usage($"--until: '{text}' is no time such as 2027-01-01T00:00:00Z, before 9000.");
}

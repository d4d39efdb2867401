using System.CommandLine;
using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore tiers`: what reads take, beside what the class of each tier promises.</summary>
internal static class TiersCommand
{
    private const int SampleMax = 100_000;
    private const int SampleSizeBytes = 4096;

    private static readonly Option<int> Sample = new("--sample")
    {
        Description = $"First read the beginning of N contents of each tier (0..{SampleMax})",
        HelpName = "N",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand("tiers", "Show the measured latency of each tier beside its class.")
        {
            Prints = "tier<tab>location (all: those of the tier)<tab>class<tab>p50<tab>p99<tab>reads<tab>met,\n"
                + "missed or not measured. To the first proved byte, since the node was opened; what its memory\n"
                + "served is not in it. A directory that no node serves was opened just now: --sample has something\n"
                + "to measure. What the system has in its page cache answers from there.",
            Examples =
            [
                ("cimstore tiers", "of a node, what its readers met"),
                ("cimstore tiers --sample 1000", "read 1,000 contents of each tier first"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Sample);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var sample = session.Value(Sample);
        if (sample is < 0 or > SampleMax)
        {
            throw CliException.Usage($"--sample is 0 to {SampleMax}.");
        }

        var store = await session.OpenAsync(cancellationToken);
        if (sample > 0)
        {
            await ReadAsync(session, store, sample, cancellationToken);
        }

        var isMet = true;
        foreach (var tier in await store.Operator.ListTiersAsync(cancellationToken))
        {
            isMet &= tier.IsMet ?? true;
            Print(session, tier);
        }

        return isMet ? ExitCode.Ok : ExitCode.NotWell;
    }

    /// <summary>In the order of their CIDs, which is the order of nothing else: a fair sample of each tier.</summary>
    private static async Task ReadAsync(
        CliSession session, StoreConnection store, int count, CancellationToken cancellationToken)
    {
        using var progress = new Progress(session, "read");
        var left = new Dictionary<StorageTier, int>();
        var block = new byte[SampleSizeBytes];
        var cids = new List<Cid>();
        await foreach (var record in store.Client.ListAsync(null, cancellationToken))
        {
            var open = left.GetValueOrDefault(record.Tier, count);
            if (open > 0 && record.Copies.Any(copy => copy.State == CopyState.Verified))
            {
                left[record.Tier] = open - 1;
                cids.Add(record.Key.Cid);
            }
        }

        foreach (var cid in cids)
        {
            var read = await store.Client.ReadAsync(cid, RetrieveRequest.Default, 0, block, cancellationToken);
            progress.Add(1, read ?? 0);
        }
    }

    private static void Print(CliSession session, TierLatency tier)
    {
        if (session.IsJson)
        {
            session.Out.Json(OperatorShape.Of(tier), CliJson.Default.TierJson);
            return;
        }

        var name = JsonText.Of(tier.Tier);
        var bound = tier.Bound.TotalHours >= 1 ? "hours" : $"< {Milliseconds(tier.Bound)}";
        session.Out.Line($"{name}\tall\t{bound}\t{Figures(tier.FirstByte)}\t{tier.Verdict}");
        foreach (var location in tier.Locations)
        {
            session.Out.Line($"{name}\t{location.Location}\t{bound}\t{Figures(location.FirstByte)}");
        }
    }

    private static string Figures(LatencyFigures figures) =>
        $"{Milliseconds(figures.P50)}\t{Milliseconds(figures.P99)}\t{figures.Count}";

    private static string Milliseconds(TimeSpan? time) => time is { } known
        ? string.Create(CultureInfo.InvariantCulture, $"{known.TotalMilliseconds:0.###} ms") : "-";
}

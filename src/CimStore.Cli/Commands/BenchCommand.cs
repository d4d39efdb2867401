using System.CommandLine;
using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;
using Spectre.Console;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore bench`: what this disk and this processor make of a store.</summary>
internal static class BenchCommand
{
    private const int KiB = 1024;
    private static readonly int[] SizesBytes = [4 * KiB, 100 * KiB, 64 * KiB * KiB];
    private static readonly int[] InFlight = [1, 16, 64];

    private static readonly Option<double> Seconds = new("--seconds")
    {
        Description = "How long each of the nine cases may take",
        HelpName = "S",
        DefaultValueFactory = _ => 2,
    };

    private static readonly Option<int> Seed = new("--seed")
    {
        Description = "Seed of the content",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<bool> Small = new("--small") { Description = "Without the 64 MiB contents" };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "bench", "Measure a scratch store beside the data directory; it is removed afterwards.")
        {
            Prints = "Per size and number in flight: puts/s, MB/s, p50 and p99 of a put, bytes written per byte\n"
                + "stored. Every put is durable; a store that is not durable is not offered.",
            Examples =
            [
                ("cimstore bench", "all sizes, about 20 seconds"),
                ("cimstore bench --small --seconds 10", "4 KiB and 100 KiB, longer"),
                ("cimstore bench --data /mnt/nvme/store --json", "another disk, for a program"),
            ],
            Exits = [ExitCode.LocationFailed],
        };
        command.Add(Seconds);
        command.Add(Seed);
        command.Add(Small);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        if (session.Value(Seconds) is not (> 0 and <= 3600))
        {
            throw CliException.Usage("--seconds is between 0 and 3600.");
        }

        var results = new List<BenchJson>();
        await using var scratch = ScratchStore.Beside(session.Address.DataDirectory);
        session.SayMore($"measuring in {scratch.Path}");
        foreach (var size in SizesBytes.Where(size => !session.Value(Small) || size < KiB * KiB))
        {
            foreach (var inFlight in InFlight)
            {
                var measured = await BenchCase.RunAsync(
                    session, scratch, new BenchPlan(size, inFlight, session.Value(Seconds), session.Value(Seed)),
                    cancellationToken);
                results.Add(measured);
                if (session.IsJson)
                {
                    session.Out.Json(measured, CliJson.Default.BenchJson);
                }
                else
                {
                    session.SayMore($"{Sizes.Of(size)}, {inFlight} in flight: done");
                }
            }
        }

        if (!session.IsJson)
        {
            Print(session, results);
        }

        return ExitCode.Ok;
    }

    private static void Print(CliSession session, List<BenchJson> results)
    {
        if (Console.IsOutputRedirected)
        {
            session.Out.Line("size\tin flight\tputs/s\tMB/s\tp50 ms\tp99 ms\twritten/stored");
            results.ForEach(one => session.Out.Line(string.Join('\t', Cells(one))));
            return;
        }

        var table = new Table().Border(TableBorder.Simple);
        foreach (var heading in new[] { "size", "in flight", "puts/s", "MB/s", "p50 ms", "p99 ms", "written/stored" })
        {
            table.AddColumn(new TableColumn(heading).RightAligned());
        }

        results.ForEach(one => table.AddRow(Cells(one)));
        AnsiConsole.Write(table);
    }

    private static string[] Cells(BenchJson one) =>
    [
        Sizes.Of(one.SizeBytes),
        one.InFlight.ToString(CultureInfo.InvariantCulture),
        one.PutsPerSecond.ToString("N0", CultureInfo.InvariantCulture),
        one.MegabytesPerSecond.ToString("N1", CultureInfo.InvariantCulture),
        one.P50Milliseconds.ToString("N3", CultureInfo.InvariantCulture),
        one.P99Milliseconds.ToString("N3", CultureInfo.InvariantCulture),
        one.BytesWrittenPerByte.ToString("N3", CultureInfo.InvariantCulture),
    ];
}

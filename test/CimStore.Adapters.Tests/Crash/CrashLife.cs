using System.Diagnostics;
using System.Globalization;
using CimStore.Crashing;

namespace CimStore.Adapters.Tests.Crash;

/// <summary>One life of a child: from its start to its death, by whichever hand, or to its end in peace.</summary>
internal sealed class CrashLife(string directory, long seed, CrashPoint? point, int? killAfterReports)
{
    /// <summary>Operations of each client; a child that meets no death closes its store after them.</summary>
    private const int Steps = 25;

    public bool WasKilled { get; private set; }

    public override string ToString() =>
        $"seed {seed}, point {point?.ToString() ?? "none"}, killed after {killAfterReports} reports";

    public async Task RunAsync(CrashLedger ledger, CancellationToken cancellationToken)
    {
        using var process = Process.Start(Start()) ?? throw new InvalidOperationException("No child.");
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var reports = 0;
        var hasEnded = false;
        if (killAfterReports == 0)
        {
            process.Kill();
        }

        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (CrashReport.Parse(line) is not { } report)
            {
                continue;
            }

            ledger.Note(report);
            hasEnded |= report.Verb == CrashVerb.Ended;
            if (++reports == killAfterReports)
            {
                process.Kill();
            }
        }

        await process.WaitForExitAsync(cancellationToken);
        WasKilled = process.ExitCode == 128 + 9;
        if (!WasKilled && (process.ExitCode != 0 || !hasEnded))
        {
            throw new InvalidOperationException($"The child failed by itself ({process.ExitCode}): {await errors}");
        }
    }

    private ProcessStartInfo Start()
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "CimStore.Crashing"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(directory);
        start.ArgumentList.Add(seed.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Add(Steps.ToString(CultureInfo.InvariantCulture));
        start.Environment[CrashPoint.Variable] = point?.ToString();
        start.Environment["DOTNET_TieredPGO"] = "0";
        return start;
    }
}

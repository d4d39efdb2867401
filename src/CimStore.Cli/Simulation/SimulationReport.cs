using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;
using CimStore.Policies;

namespace CimStore.Cli.Simulation;

/// <summary>
/// What a simulation did, as lines, JSON or CSV. In CSV the comparison would be no row, so it is said on standard
/// error.
/// </summary>
internal sealed class SimulationReport(CliSession session, bool isCsv)
{
    private const string CsvHeader =
        "policy,end,tier,objects,bytes,dollars,gets,hit_rate,moved_in,moved_in_bytes,moved_out,moved_out_bytes";

    private bool _hasHeader;

    public void Print(SimulatedPolicy simulated, SimulationPeriod period)
    {
        var dollars = simulated.Take(period);
        if (session.IsJson)
        {
            session.Out.Json(Shape(simulated.Policy, period, dollars), CliJson.Default.SimulatedPeriodJson);
        }
        else if (isCsv)
        {
            PrintCsv(simulated.Policy, period, dollars);
        }
        else
        {
            PrintLine(simulated.Policy, period, dollars);
        }
    }

    /// <summary>All policies side by side; differences are to the first.</summary>
    public void Compare(IReadOnlyList<SimulatedPolicy> done)
    {
        if (done.All(one => one.Last is null))
        {
            session.Say("The trace has no record: nothing was simulated.");
            return;
        }

        var first = done[0].Last!.DollarsSoFar;
        foreach (var one in done)
        {
            if (session.IsJson)
            {
                session.Out.Json(Shape(one, first), CliJson.Default.SimulatedPolicyJson);
            }
            else if (isCsv)
            {
                session.Say(Line(one, first));
            }
            else
            {
                session.Out.Line(Line(one, first));
            }
        }
    }

    private void PrintLine(MigrationPolicy policy, SimulationPeriod period, double[] dollars)
    {
        var tiers = period.Tiers.Select((tier, index) => Text(
            $"{JsonText.Of(tier.Tier)} {tier.Objects} objects, {Sizes.Of(tier.Bytes)}, ${dollars[index]:0.######}, ")
            + Text($"{period.HitRate(tier.Tier) * 100:0.#} % of reads"));
        session.Out.Line(
            $"{LineEscape.Escape(policy.Name)}\t{Time(period.End)}\t{string.Join('\t', tiers)}\t{Moves(period.Moves)}");
    }

    private void PrintCsv(MigrationPolicy policy, SimulationPeriod period, double[] dollars)
    {
        if (!_hasHeader)
        {
            session.Out.Line(CsvHeader);
            _hasHeader = true;
        }

        foreach (var (index, tier) in period.Tiers.Index())
        {
            var into = period.Moves.Where(moves => moves.To == tier.Tier).ToList();
            var away = period.Moves.Where(moves => moves.From == tier.Tier).ToList();
            session.Out.Line(string.Join(
                ',', Quoted(policy.Name), Time(period.End), JsonText.Of(tier.Tier),
                Text($"{tier.Objects},{tier.Bytes},{dollars[index]:R},{tier.Gets},{period.HitRate(tier.Tier):R}"),
                Text($"{into.Sum(moves => moves.Count)},{into.Sum(moves => moves.Bytes)}"),
                Text($"{away.Sum(moves => moves.Count)},{away.Sum(moves => moves.Bytes)}")));
        }
    }

    private static string Line(SimulatedPolicy one, double first)
    {
        var last = one.Last!;
        var gets = last.Tiers.Sum(tier => tier.GetsSoFar);
        var reads = last.Tiers.Select(tier => Text(
            $"{JsonText.Of(tier.Tier)} {Share(tier.GetsSoFar, gets) * 100:0.#} %"));
        var beside = first > 0 ? Text($" ({(last.DollarsSoFar - first) / first * 100:+0.#;-0.#;0} %)") : "";
        return Text($"total\t{LineEscape.Escape(one.Policy.Name)}\t${last.DollarsSoFar:0.######}{beside}\t")
            + $"{Moves(one.Moves)}\treads: {string.Join(", ", reads)}";
    }

    private static string Moves(IReadOnlyCollection<SimulatedMoves> all) => all.Count == 0
        ? "no moves"
        : string.Join(", ", all.Select(moves => Text(
            $"{JsonText.Of(moves.From)}>{JsonText.Of(moves.To)} {moves.Count} ({Sizes.Of(moves.Bytes)})")));

    private static SimulatedPeriodJson Shape(MigrationPolicy policy, SimulationPeriod period, double[] dollars) => new(
        policy.Name, period.End,
        [.. period.Tiers.Select((tier, index) => new SimulatedTierJson(
            JsonText.Of(tier.Tier), tier.Objects, tier.Bytes, dollars[index], tier.Gets,
            period.HitRate(tier.Tier)))],
        [.. period.Moves.Select(moves => new SimulatedMovesJson(
            JsonText.Of(moves.From), JsonText.Of(moves.To), moves.Count, moves.Bytes))],
        period.Puts, period.RepeatedPuts, period.Gets, period.UnknownGets, period.Deletes);

    private static SimulatedPolicyJson Shape(SimulatedPolicy one, double first)
    {
        var last = one.Last!;
        var gets = last.Tiers.Sum(tier => tier.GetsSoFar);
        return new SimulatedPolicyJson(
            one.Policy.Name, one.Policy.Version, last.End, last.DollarsSoFar,
            last.Tiers.Sum(tier => tier.KeepDollars), last.Tiers.Sum(tier => tier.RequestDollars),
            last.Tiers.Sum(tier => tier.EgressDollars), last.Tiers.Sum(tier => tier.EarlyDollars), first,
            one.Moves.Sum(moves => moves.Count), one.Moves.Sum(moves => moves.Bytes),
            [.. last.Tiers.Select(tier => new SimulatedTierJson(
                JsonText.Of(tier.Tier), tier.Objects, tier.Bytes, tier.DollarsSoFar, tier.GetsSoFar,
                Share(tier.GetsSoFar, gets)))]);
    }

    private static double Share(long part, long all) => all == 0 ? 0 : part / (double)all;

    /// <summary>Names may hold commas and quotes.</summary>
    private static string Quoted(string name) =>
        name.AsSpan().ContainsAny(',', '"') ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : name;

    private static string Time(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using CimStore.Engine;

namespace CimStore.Cli.Json;

/// <summary>From what an operator is told to what is printed.</summary>
internal static class OperatorShape
{
    public static JobJson Of(JobRecord job) => new(
        job.Id.ToString(), JsonText.Of(job.Arguments.Kind), JsonText.Of(job.State), job.Done, job.Total, job.Changed,
        job.SizeBytes, job.Left, job.Attempts, job.Created, job.Updated)
    {
        Location = job.Arguments.Location?.Name,
        Copies = job.Arguments.Copies,
        Prefix = job.Arguments.Prefix,
        Cids = job.Arguments.Cids is { IsDefaultOrEmpty: false } cids ? cids.Length : null,
        NextTry = job.NextTry,
        LastError = job.LastError,
    };

    public static LocationJson Of(LocationReport location) => new(
        location.Location.Name, JsonText.Of(location.Tier), JsonText.Of(location.State), location.IsHome,
        location.Copies, location.SizeBytes, location.FreeBytes, location.FillShare);

    public static TierJson Of(TierLatency tier) => new(
        JsonText.Of(tier.Tier), tier.Bound.TotalMilliseconds, tier.Verdict, Of(tier.FirstByte), Of(tier.WholeSmall),
        [.. tier.Locations.Select(location => new LocationLatencyJson(
            location.Location.Name, Of(location.FirstByte), Of(location.WholeSmall)))]);

    public static LatencyJson Of(LatencyFigures figures) => new(
        figures.Count, figures.P50?.TotalMilliseconds, figures.P99?.TotalMilliseconds);

    public static WhereIsJson Of(string cid, IReadOnlyList<CopyWhereabouts> copies) => new(
        cid,
        [.. copies.Select(found => new WhereIsCopyJson(
            found.Copy.Location.Name, found.Copy.Incarnation, found.Tier is { } tier ? JsonText.Of(tier) : null,
            found.Domain, JsonText.Of(found.Copy.State), found.Copy.VerifiedAt, found.PartsKnown,
            found.Parts, found.Condition?.PartsIntact, found.PartsNeeded,
            found.Condition is { Faults.IsDefault: false } condition ? [.. condition.Faults] : null, found.Fault))]);

    public static DebtJson Of(OwedObject owed) => new(
        owed.Key.Cid.ToString(), owed.CopiesOwed, owed.Debt.LacksParts, owed.IsHopeless, owed.Debt.Since,
        owed.Debt.NextTry, owed.Debt.Attempts, owed.Debt.Cause);
}

namespace CimStore.Cli.Json;

// What the commands of an operator print with `--json`.

internal sealed record JobJson(
    string Id, string Kind, string State, long Done, long? Total, long Changed, long SizeBytes, long Left,
    int Attempts, DateTimeOffset Created, DateTimeOffset Updated)
{
    public string? Location { get; init; }

    public int? Copies { get; init; }

    public string? Prefix { get; init; }

    /// <summary>How many were named; null when not by name.</summary>
    public int? Cids { get; init; }

    public DateTimeOffset? NextTry { get; init; }

    public string? LastError { get; init; }
}

internal sealed record LocationJson(
    string Location, string Tier, string State, bool Home, long Copies, long SizeBytes, long? FreeBytes,
    double? FillShare);

internal sealed record TierJson(
    string Tier, double BoundMilliseconds, string Verdict, LatencyJson FirstByte, LatencyJson WholeSmall,
    LocationLatencyJson[] Locations);

internal sealed record LocationLatencyJson(string Location, LatencyJson FirstByte, LatencyJson WholeSmall);

internal sealed record LatencyJson(long Count, double? P50Milliseconds, double? P99Milliseconds);

internal sealed record WhereIsJson(string Cid, WhereIsCopyJson[] Copies);

internal sealed record WhereIsCopyJson(
    string Location, ulong Incarnation, string? Tier, string Domain, string State, DateTimeOffset VerifiedAt,
    int? PartsKnown, int? Parts, int? PartsIntact, int? PartsNeeded, string[]? Faults, string? Fault);

internal sealed record DebtJson(
    string Cid, int CopiesOwed, bool LacksParts, bool Hopeless, DateTimeOffset Since, DateTimeOffset NextTry,
    int Attempts, string Cause);

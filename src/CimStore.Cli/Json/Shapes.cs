using System.Text.Json;
using System.Text.Json.Serialization;
using CimStore.Engine;

namespace CimStore.Cli.Json;

// What `--json` prints, one value a line. docs/cli.md describes each; members are only ever added.

/// <summary>A file that was stored.</summary>
internal sealed record StoredJson(
    string Cid, string Path, long SizeBytes, bool Deduplicated, bool Replayed, string CommandId, string CorrelationId,
    ReceiptJson Receipt);

/// <summary>The last line of `put -r`.</summary>
internal sealed record TreeJson(
    string Root, string Path, long Files, long Directories, long SymbolicLinks, long SizeBytes);

/// <summary>A name with the CID it has, without storing: `put --only-hash`, `get`, `import`.</summary>
internal sealed record CidPathJson(string Cid, string Path, long SizeBytes);

internal sealed record ReceiptJson(
    string Level, string Class, CopyReceiptJson[] Copies, int CopiesOwed, bool Synced, ulong Lsn, string Reason);

internal sealed record CopyReceiptJson(string Location, string Tier, string FailureDomain, int Shards, bool Synced);

/// <summary>A file that could not be stored or written.</summary>
internal sealed record FailedItemJson(string Path, string Error, int ExitCode);

internal sealed record ListedJson(string Cid, long SizeBytes, string Tier, DateTimeOffset CreatedAt, int References);

internal sealed record ObjectJson
{
    public required string Cid { get; init; }

    public required bool Present { get; init; }

    public required long SizeBytes { get; init; }

    public required string Codec { get; init; }

    public required string Hash { get; init; }

    /// <summary>The BLAKE3 of the content, as a CID.</summary>
    public required string Root { get; init; }

    public required string Class { get; init; }

    public required string DataClass { get; init; }

    public required string Pattern { get; init; }

    public required string Tier { get; init; }

    public required CopyJson[] Copies { get; init; }

    public required ReferenceJson[] References { get; init; }

    public required ulong Created { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required ulong Revision { get; init; }

    public TombstoneJson? Tombstone { get; init; }
}

internal sealed record CopyJson(
    string Location, ulong Incarnation, string State, byte Compression, byte Encryption, string? KeyId,
    DateTimeOffset VerifiedAt);

internal sealed record ReferenceJson(string Owner, string Namespace, string? Name);

internal sealed record TombstoneJson(
    ulong Deleted, DateTimeOffset DeletedAt, DateTimeOffset GraceEndsAt, ulong? Released);

internal sealed record RemovedJson(
    string Cid, bool Found, ReferenceJson[] StillReferenced, DateTimeOffset? GraceEndsAt, bool DryRun);

/// <summary>State is <c>ok</c>, <c>bad</c>, <c>unread</c> or <c>missing</c>.</summary>
internal sealed record VerifiedJson(string Cid, string State, VerdictJson[] Copies);

/// <summary>State is <c>ok</c>, <c>bad</c> or <c>unread</c>.</summary>
internal sealed record VerdictJson(string Location, string State, bool IsRight, string? Detail);

internal sealed record ExplainedJson(ObjectJson Object, string[] Reasons);

internal sealed record NameJson(
    string Owner, string Namespace, string Name, string? Cid, ulong Revision, DateTimeOffset At, ulong Previous);

internal sealed record StatusJson(
    string Version, string Where, ulong DurableLsn, long Objects, long LogicalBytes, SpaceJson Space,
    string DefaultClass, OwnerJson[] Owners, string[] Warnings);

internal sealed record SpaceJson(
    long PhysicalBytes, long LiveBytes, long HeldBytes, long GarbageBytes, long OverheadBytes, long FreeBytes);

internal sealed record OwnerJson(string Owner, long References, long Objects, long LogicalBytes);

/// <param name="State">ok, not-well, or unread: nothing was found wrong, and something could not be looked at.</param>
internal sealed record FindingJson(string What, bool Ok, string Detail, string State)
{
    public static FindingJson Of(string what, bool isWell, string detail) =>
        new(what, isWell, detail, isWell ? "ok" : "not-well");

    public static FindingJson Of(CheckStep.Found found) => found.IsUnread
        ? new FindingJson(found.What, found.IsWell, found.Detail, "unread")
        : Of(found.What, found.IsWell, found.Detail);
}

internal sealed record ImportedJson(string Path, string[] Roots, long Blocks, MadeWholeJson[] MadeWhole);

internal sealed record MadeWholeJson(string Cid, string UnixFs, long SizeBytes);

internal sealed record ExportedJson(string Path, string[] Roots, string? Manifest, long Blocks, long SizeBytes);

internal sealed record CollectedJson(int ObjectsReleased, long BytesReleased, long BytesGivenBack);

internal sealed record BenchJson(
    int SizeBytes, int InFlight, bool Durable, long Puts, int Seed, double PutsPerSecond, double MegabytesPerSecond,
    double P50Milliseconds, double P99Milliseconds, double BytesWrittenPerByte);

internal sealed record VersionJson(string Version, string Runtime, string DataDirectory, string? Server);

internal sealed record ServingJson(string Address, string DataDirectory, int Pid);

/// <summary>A location of a configuration file.</summary>
internal sealed record BoundLocationJson(
    string Location, string Kind, string Tier, string Medium, string State, IReadOnlyDictionary<string, string> Labels,
    string? Provider, bool Offsite)
{
    public int? DataShards { get; init; }

    public int? ParityShards { get; init; }

    public int? BlockBytes { get; init; }

    public string[][]? Sets { get; init; }

    public string? Path { get; init; }

    public string? Compression { get; init; }
}

/// <summary>What a configuration file says beside its locations.</summary>
internal sealed record BoundRulesJson(
    string Policy, string FailureDomain, string Strategy, string? DefaultClass, long BytesPerSecondMax,
    int MovesAtOnceMax, double CycleSeconds, double ScrubCycleSeconds);

/// <summary>Severity is <c>error</c> or <c>warning</c>.</summary>
internal sealed record ConfigurationFindingJson(
    string Severity, string File, int Line, int Column, string Path, string Message);

/// <summary>A migration policy, and what it means in words.</summary>
internal sealed record PolicyJson(
    string Name, int Version, bool BuiltIn, bool InForce, JsonElement Policy, string[] Words);

/// <summary>A period of a simulated policy; dollars are those of the period.</summary>
internal sealed record SimulatedPeriodJson(
    string Policy, DateTimeOffset End, SimulatedTierJson[] Tiers, SimulatedMovesJson[] Moves, long Puts,
    long RepeatedPuts, long Gets, long UnknownGets, long Deletes);

internal sealed record SimulatedTierJson(
    string Tier, long Objects, long Bytes, double Dollars, long Gets, double HitRate);

internal sealed record SimulatedMovesJson(string From, string To, long Count, long Bytes);

/// <summary>A policy at the end of a simulation; dollars are those of all of it.</summary>
internal sealed record SimulatedPolicyJson(
    string Policy, int Version, DateTimeOffset End, double Dollars, double KeepDollars, double RequestDollars,
    double EgressDollars, double EarlyDollars, double DollarsOfFirst, long Moves, long MovedBytes,
    SimulatedTierJson[] Tiers);

internal sealed record ErrorJson([property: JsonPropertyName("error")] ErrorDetailJson Error);

internal sealed record ErrorDetailJson(int ExitCode, string Code, string Message);

/// <summary>A copy that `rebuild --from` found and that the catalog did not know.</summary>
internal sealed record RebuiltCopyJson(
    string Cid, string Location, string State, long SizeBytes, DateTimeOffset MadeAt, bool LacksParts, bool DryRun,
    string? Detail);

/// <summary>All that `rebuild --from` found at one location.</summary>
internal sealed record RebuiltJson(
    string Location, long Copies, long Admitted, long Added, long SizeBytes, long Known, long Surplus, long Deleted,
    long Bad, long Unread, long LackingParts, bool DryRun);

/// <summary>One line of `scavenge --dry-run`.</summary>
internal sealed record PlannedMoveJson(string Cid, string From, string To, string Rule, string Reason);

/// <summary>`replicate` and `migrate`.</summary>
internal sealed record CopiesJson(
    string Cid, string Tier, int EffectiveCopies, string[] Locations, int CopiesOwed, bool Changed);

/// <summary>`pool replace` and `pool heal`.</summary>
internal sealed record HealedJson(string Pool, long Healed, long NotWhole, long Hopeless);

internal sealed record ReplaceForecastJson(string Pool, long Copies, long SizeBytes, long Hopeless, bool DryRun);

using System.Collections.Immutable;
using System.Text.Json.Serialization;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Http;

/// <summary>
/// Bodies of the HTTP API that are not already values of the domain. Additive: fields are added, never changed.
/// </summary>
public static class WireTypes
{
    /// <param name="Next">The cursor of the next page; null when this page is the last.</param>
    public sealed record ObjectPage(ImmutableArray<ObjectRecord> Items, Cid? Next);

    /// <param name="Next">The cursor of the next page; null when this page is the last.</param>
    public sealed record NamePage(ImmutableArray<NameRecord> Items, string? Next);

    /// <param name="Next">The cursor (<c>before</c>) of the next page; null when this page is the last.</param>
    public sealed record NameHistoryPage(ImmutableArray<NameRecord> Items, Lsn? Next);

    /// <summary>What a name shall name.</summary>
    public sealed record NameTarget(Cid? Cid);

    public sealed record BatchReply(ImmutableArray<StoreItemResult> Items);

    public sealed record BatchGetRequest(ImmutableArray<Cid> Cids);

    /// <param name="Offset">Bytes the node has taken; the next part begins there.</param>
    public sealed record UploadState(string Id, long Offset, long? LengthBytes, DateTimeOffset ExpiresAt);

    /// <summary>A line of a check's answer; one member is set. The last line has the result, or the problem.</summary>
    public sealed record CheckLine
    {
        public CheckProgress? Progress { get; init; }

        public CheckFinding? Finding { get; init; }

        public CheckResult? Result { get; init; }

        /// <summary>What the check failed with after it had begun.</summary>
        public Problem? Problem { get; init; }
    }

    /// <param name="Cursor">Where a run that is cut now can go on; null where it begins anew.</param>
    public sealed record CheckProgress(string What, long Items, long SizeBytes, string? Cursor = null);

    /// <param name="Unread">true: nothing was found wrong, and something is away and was not looked at.</param>
    public sealed record CheckFinding(string What, bool Ok, string Detail, bool? Unread = null);

    /// <param name="Ok">Every finding was.</param>
    public sealed record CheckResult(bool Ok);

    public sealed record JobList(ImmutableArray<JobRecord> Items);

    public sealed record LocationList(ImmutableArray<LocationReport> Items);

    public sealed record TierList(ImmutableArray<TierLatency> Items);

    public sealed record CopyList(ImmutableArray<CopyWhereabouts> Items);

    public sealed record DebtList(ImmutableArray<OwedObject> Items);

    /// <summary>What became of another context's event (D32); in the letters that the decision writes.</summary>
    public sealed record ForeignAcknowledgement
    {
        [JsonPropertyName("command_id")]
        public required MessageId CommandId { get; init; }

        [JsonPropertyName("correlation_id")]
        public required MessageId CorrelationId { get; init; }

        /// <summary><c>Accepted</c> or <c>Rejected</c>.</summary>
        public required string Status { get; init; }

        /// <summary>The rule that took the event; null when none did.</summary>
        public string? Rule { get; init; }

        /// <summary>Why it was rejected, for a program.</summary>
        public string? Code { get; init; }

        /// <summary>Why it was rejected, for a person.</summary>
        public string? Reason { get; init; }

        /// <summary>The dead letter that the event is kept as.</summary>
        [JsonPropertyName("dead_letter")]
        public string? DeadLetter { get; init; }

        /// <summary>Of the last Store.</summary>
        public DurabilityReceipt? Receipt { get; init; }

        /// <summary>What took effect, in order.</summary>
        public ImmutableArray<ForeignCommandDone> Commands { get; init; } = [];
    }

    /// <param name="Content">What was retrieved, in base64, when it is small.</param>
    public sealed record ForeignCommandDone(
        string Command, [property: JsonPropertyName("command_id")] MessageId CommandId, Cid? Cid,
        [property: JsonPropertyName("size_bytes")] long? SizeBytes, bool Replayed, ReadOnlyMemory<byte>? Content,
        DurabilityReceipt? Receipt)
    {
        /// <summary>How many failure domains it takes to lose the content, after a Replicate or Migrate.</summary>
        public int? Copies { get; init; }

        /// <summary>Where the content is, after a Replicate or Migrate.</summary>
        public StorageTier? Tier { get; init; }
    }

    /// <param name="SizeBytes">Of the event.</param>
    public sealed record DeadLetterItem(
        string Id, DateTimeOffset At, string Subject, string Code, string Reason, string? Rule, int Attempts,
        long SizeBytes);

    /// <param name="Next">The cursor of the next page; null when this page is the last.</param>
    public sealed record DeadLetterPage(ImmutableArray<DeadLetterItem> Items, string? Next);

    public sealed record DeadLetterReply(DeadLetterItem Letter, RawJson Event);

    public sealed record VersionReply(string Product, string Version, string Api, ImmutableArray<string> Warnings);

    /// <param name="Status"><c>Healthy</c>, <c>Degraded</c> or <c>Unhealthy</c>; the worst check wins.</param>
    public sealed record HealthReply(string Status, ImmutableArray<HealthCheckReply> Checks);

    public sealed record HealthCheckReply(string Name, string Status, string Detail);

    public sealed record UsageReply(SpaceUsage Space, ImmutableArray<Journal.OwnerUsage> Owners);

    public sealed record SpaceUsage(long Objects, long LogicalBytes, Journal.SpaceLedger Ledger);
}

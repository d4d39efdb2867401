using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Engine;
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

    public sealed record CheckProgress(string What, long Items, long SizeBytes);

    public sealed record CheckFinding(string What, bool Ok, string Detail);

    /// <param name="Ok">Every finding was.</param>
    public sealed record CheckResult(bool Ok);

    public sealed record VersionReply(string Product, string Version, string Api, ImmutableArray<string> Warnings);

    /// <param name="Status"><c>Healthy</c>, <c>Degraded</c> or <c>Unhealthy</c>; the worst check wins.</param>
    public sealed record HealthReply(string Status, ImmutableArray<HealthCheckReply> Checks);

    public sealed record HealthCheckReply(string Name, string Status, string Detail);

    public sealed record UsageReply(SpaceUsage Space, ImmutableArray<Journal.OwnerUsage> Owners);

    public sealed record SpaceUsage(long Objects, long LogicalBytes, Journal.SpaceLedger Ledger);
}

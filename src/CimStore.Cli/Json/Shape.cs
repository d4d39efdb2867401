using CimStore.Content;
using CimStore.Engine;
using CimStore.Objects;
using CimStore.Server.Configuration;

namespace CimStore.Cli.Json;

/// <summary>From the engine's values to what is printed.</summary>
internal static class Shape
{
    public static StoredJson Of(StoreResult stored, string path) => new(
        stored.Cid.ToString(), path, stored.SizeBytes, stored.Deduplicated, stored.Replayed,
        stored.CommandId.ToString(), stored.CorrelationId.ToString(), Of(stored.Receipt));

    public static ReceiptJson Of(DurabilityReceipt receipt) => new(
        JsonText.Of(receipt.Level), JsonText.Of(receipt.Class),
        [.. receipt.Copies.Select(copy => new CopyReceiptJson(
            copy.Location.Name, JsonText.Of(copy.Tier), copy.FailureDomain, copy.Shards, copy.Synced))],
        receipt.CopiesOwed, receipt.Synced, receipt.Lsn.Value, receipt.Reason);

    public static ObjectJson Of(ObjectRecord record) => new()
    {
        Cid = record.Key.Cid.ToString(),
        Present = record.IsPresent,
        SizeBytes = record.SizeBytes,
        Codec = Codecs.Name(record.Key.Cid.Codec),
        Hash = HashFunctions.Name(record.Key.Cid.HashFunction),
        Root = record.Root.ToString(),
        Class = JsonText.Of(record.Class),
        DataClass = JsonText.Of(record.DataClass),
        Pattern = JsonText.Of(record.Pattern),
        Tier = JsonText.Of(record.Tier),
        Copies = [.. record.Copies.Select(copy => new CopyJson(
            copy.Location.Name, copy.Incarnation, JsonText.Of(copy.State), copy.Header.Compression,
            copy.Header.Encryption, copy.Header.KeyId, copy.VerifiedAt))],
        References = [.. record.References.Select(Of)],
        Created = record.Created.Value,
        CreatedAt = record.CreatedAt,
        Revision = record.Revision.Value,
        Tombstone = record.Tombstone is { } grave
            ? new TombstoneJson(grave.Deleted.Value, grave.DeletedAt, grave.GraceEndsAt, grave.Released?.Value)
            : null,
    };

    public static ReferenceJson Of(Reference reference) =>
        new(reference.Owner.Name, reference.Namespace.Name, reference.Name);

    public static ListedJson Listed(ObjectRecord record) => new(
        record.Key.Cid.ToString(), record.SizeBytes, JsonText.Of(record.Tier), record.CreatedAt,
        record.References.Length);

    public static NameJson Of(NameRecord name) => new(
        name.Owner.Name, name.Namespace.Name, name.Name, name.Cid?.ToString(), name.Revision.Value, name.At,
        name.Previous.Value);

    public static VerifiedJson Of(VerifyResult verified) => new(
        verified.Cid.ToString(), StateOf(verified.IsWhole, !verified.IsBad),
        [
            .. verified.Copies.Select(copy => new VerdictJson(
                copy.Location.Name, StateOf(copy.IsRight, copy.IsUnread), copy.IsRight, copy.Detail)),
        ]);

    private static string StateOf(bool isRight, bool isUnread) => isRight ? "ok" : isUnread ? "unread" : "bad";

    public static BoundLocationJson Of(LocationConfiguration location)
    {
        var pool = location as LocationConfiguration.Pool;
        var directory = location as LocationConfiguration.Directory;
        return new BoundLocationJson(
            location.Id.Name, location.Kind, JsonText.Of(location.Tier), location.Medium, JsonText.Of(location.State),
            location.Labels, location.Provider, location.IsOffsite)
        {
            DataShards = pool?.DataShards,
            ParityShards = pool?.ParityShards,
            BlockBytes = pool?.BlockBytes,
            Sets = pool is null ? null : [.. pool.Sets.Select(set => set.Select(member => member.Path).ToArray())],
            Path = directory?.Path,
            Compression = directory is null ? null : JsonText.Of(directory.Compression),
        };
    }

    public static BoundRulesJson Of(TiersConfiguration tiers) => new(
        tiers.Policy, JsonText.Of(tiers.Placement.FailureDomain), JsonText.Of(tiers.Placement.Strategy),
        tiers.Placement.DefaultClass is { } named ? JsonText.Of(named) : null, tiers.Background.BytesPerSecondMax,
        tiers.Background.MovesAtOnceMax, tiers.Background.Cycle.TotalSeconds,
        tiers.Background.ScrubCycle.TotalSeconds);

    public static StatusJson Of(NodeStatus status, string where) => new(
        status.Version, where, status.DurableLsn.Value, status.Objects, status.LogicalBytes,
        new SpaceJson(
            status.Space.PhysicalBytes, status.Space.LiveBytes, status.Space.HeldBytes, status.Space.GarbageBytes,
            status.Space.OverheadBytes, status.Space.FreeBytes),
        JsonText.Of(status.DefaultClass),
        [.. status.Owners.Select(owner => new OwnerJson(
            owner.Owner.Name, owner.References, owner.Objects, owner.LogicalBytes))],
        [.. status.Warnings]);
}

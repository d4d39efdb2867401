using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>The seed's fields of each event, and ours, as JSON.</summary>
internal static class EnvelopeFields
{
    public static JsonObject Write(StorageEvent happened)
    {
        var json = happened switch
        {
            StorageEvent.Stored stored => WriteStored(stored),
            StorageEvent.Retrieved read => WriteRetrieved(read),
            StorageEvent.Replicated copied => new JsonObject
            {
                ["replicas"] = new JsonArray([.. copied.Replicas.Select(Write)]),
            },
            StorageEvent.Migrated moved => new JsonObject { ["from"] = Word(moved.From), ["to"] = Word(moved.To) },
            StorageEvent.Failed failed => new JsonObject { ["error"] = failed.Error, ["detail"] = failed.Detail },
            StorageEvent.Deleted deleted => new JsonObject { ["grace_ends_at"] = Text(deleted.GraceEndsAt) },
            StorageEvent.Released gone => Holding(gone.Location, gone.Incarnation),
            StorageEvent.Verified right => Holding(right.Location, right.Incarnation),
            StorageEvent.CorruptionDetected bad => With(
                Holding(bad.Location, bad.Incarnation), "detail", bad.Detail),
            StorageEvent.Repaired repaired => new JsonObject { ["copy"] = Write(repaired.Copy) },
            StorageEvent.Recovered found => WriteRecovered(found),
            StorageEvent.Referenced => new JsonObject(),
            StorageEvent.NameSet set => new JsonObject
            {
                ["previous_cid"] = set.PreviousCid?.ToString(),
                ["previous_sequence"] = set.Previous.Value,
            },
            StorageEvent.NameDeleted deleted => new JsonObject
            {
                ["previous_sequence"] = deleted.Previous.Value,
                ["grace_ends_at"] = Text(deleted.GraceEndsAt),
            },
            StorageEvent.Unchanged same => new JsonObject { ["found_sequence"] = same.Found.Value },
            _ => throw new UnreachableException(),
        };
        json.Insert(0, "cid", ObjectHistory.KeyOf(happened)?.Cid.ToString());
        return EventReference.Of(happened) is { } reference ? With(json, "reference", Write(reference)) : json;
    }

    public static StorageEvent Read(string type, ContentKey? about, JsonObject data)
    {
        var key = about ?? default;
        var reference = data["reference"] is JsonObject named ? ReadReference(named) : null;
        return type switch
        {
            EventTypes.Failed => new StorageEvent.Failed(about, Text(data, "error"), Text(data, "detail")),
            EventTypes.Unchanged => new StorageEvent.Unchanged(about, new Lsn(BigNumber(data, "found_sequence"))),
            _ when about is null => throw new IntegrityException("The event names no content."),
            EventTypes.Stored => ReadStored(key, reference, data),
            EventTypes.Retrieved => new StorageEvent.Retrieved(
                key, Location(data), TimeSpan.FromSeconds(data["latency_seconds"]!.GetValue<double>()),
                data["count"] is null ? 1 : Number(data, "count")),
            EventTypes.Replicated => new StorageEvent.Replicated(
                key, [.. data["replicas"]!.AsArray().Select(copy => ReadCopy(copy!.AsObject()))]),
            EventTypes.Migrated => new StorageEvent.Migrated(
                key, Choice<StorageTier>(data, "from"), Choice<StorageTier>(data, "to")),
            EventTypes.Deleted => new StorageEvent.Deleted(key, reference, Instant(data, "grace_ends_at")),
            EventTypes.Released => new StorageEvent.Released(key, Location(data), Incarnation(data)),
            EventTypes.Verified => new StorageEvent.Verified(key, Location(data), Incarnation(data)),
            EventTypes.CorruptionDetected => new StorageEvent.CorruptionDetected(
                key, Location(data), Incarnation(data), Text(data, "detail")),
            EventTypes.Repaired => new StorageEvent.Repaired(key, ReadCopy(data["copy"]!.AsObject())),
            EventTypes.Recovered => new StorageEvent.Recovered(
                key, Cid.Parse(Text(data, "root")), Number(data, "size_bytes"), Choice<StorageTier>(data, "tier"),
                Choice<DurabilityClass>(data, "class"), ReadCopy(data["copy"]!.AsObject()),
                Instant(data, "created_at")!.Value),
            EventTypes.Referenced => new StorageEvent.Referenced(key, reference!),
            EventTypes.NameSet => new StorageEvent.NameSet(
                reference!, key, data["previous_cid"] is { } cid ? Cid.Parse(cid.GetValue<string>()) : null,
                Previous(data)),
            EventTypes.NameDeleted => new StorageEvent.NameDeleted(
                reference!, key, Previous(data), Instant(data, "grace_ends_at")),
            _ => throw new IntegrityException($"The event type '{type}' is unknown here."),
        };
    }

    public static string Text(JsonObject json, string name) =>
        (json[name] ?? throw new IntegrityException($"An envelope lacks '{name}'.")).GetValue<string>();

    public static long Number(JsonObject json, string name) => checked((long)BigNumber(json, name));

    public static string? Text(DateTimeOffset? at) => at?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    public static DateTimeOffset? Instant(JsonObject json, string name) => json[name] is { } at
        ? DateTimeOffset.ParseExact(at.GetValue<string>(), "O", CultureInfo.InvariantCulture)
        : null;

    private static ulong BigNumber(JsonObject json, string name) => ulong.Parse(
        (json[name] ?? throw new IntegrityException($"An envelope lacks '{name}'.")).ToJsonString(),
        CultureInfo.InvariantCulture);

    private static JsonObject WriteRetrieved(StorageEvent.Retrieved read)
    {
        var json = new JsonObject
        {
            ["location"] = read.Location.Name,
            ["latency_seconds"] = read.Latency.TotalSeconds,
        };
        return read.Count == 1 ? json : With(json, "count", read.Count);
    }

    private static JsonObject WriteRecovered(StorageEvent.Recovered found) => new()
    {
        ["copy"] = Write(found.Copy),
        ["tier"] = Word(found.Tier),
        ["size_bytes"] = found.SizeBytes,
        ["root"] = found.Root.ToString(),
        ["class"] = Word(found.Class),
        ["created_at"] = Text(found.CreatedAt),
    };

    private static JsonObject WriteStored(StorageEvent.Stored stored)
    {
        var json = WriteStoredHere(stored);
        return stored.Incarnation == 0 ? json : With(json, "incarnation", stored.Incarnation);
    }

    private static JsonObject WriteStoredHere(StorageEvent.Stored stored) => new()
    {
        ["location"] = stored.Location.Name,
        ["tier"] = Word(stored.Tier),
        ["size_bytes"] = stored.SizeBytes,
        ["root"] = stored.Root.ToString(),
        ["class"] = Word(stored.Class),
        ["data_class"] = Word(stored.DataClass),
        ["pattern"] = Word(stored.Pattern),
        ["header"] = Write(stored.Header),
        ["deduplicated"] = stored.Deduplicated,
        ["grace_ends_at"] = Text(stored.GraceEndsAt),
        ["receipt"] = new JsonObject
        {
            ["level"] = Word(stored.Receipt.Level),
            ["class"] = Word(stored.Receipt.Class),
            ["copies"] = new JsonArray([.. stored.Receipt.Copies.Select(Write)]),
            ["copies_owed"] = stored.Receipt.CopiesOwed,
            ["synced"] = stored.Receipt.Synced,
            ["reason"] = stored.Receipt.Reason,
        },
    };

    private static StorageEvent.Stored ReadStored(ContentKey key, Reference? reference, JsonObject data)
    {
        var receipt = data["receipt"]!.AsObject();
        return new StorageEvent.Stored(
            key, Cid.Parse(Text(data, "root")), Number(data, "size_bytes"), Location(data),
            Choice<StorageTier>(data, "tier"), Choice<DurabilityClass>(data, "class"),
            Choice<DataClass>(data, "data_class"), Choice<AccessPattern>(data, "pattern"), ReadHeader(data), reference,
            data["deduplicated"]!.GetValue<bool>(),
            new DurabilityReceipt
            {
                Level = Choice<ConsistencyLevel>(receipt, "level"),
                Class = Choice<DurabilityClass>(receipt, "class"),
                Copies = [.. receipt["copies"]!.AsArray().Select(copy => ReadReceipt(copy!.AsObject()))],
                CopiesOwed = (int)Number(receipt, "copies_owed"),
                Synced = receipt["synced"]!.GetValue<bool>(),
                Lsn = Lsn.None,
                Reason = Text(receipt, "reason"),
            },
            Instant(data, "grace_ends_at"), data["incarnation"] is null ? 0 : BigNumber(data, "incarnation"));
    }

    private static JsonNode Write(CopyReceipt copy) => new JsonObject
    {
        ["location"] = copy.Location.Name,
        ["tier"] = Word(copy.Tier),
        ["failure_domain"] = copy.FailureDomain,
        ["shards"] = copy.Shards,
        ["synced"] = copy.Synced,
    };

    private static CopyReceipt ReadReceipt(JsonObject json) => new(
        Location(json), Choice<StorageTier>(json, "tier"), Text(json, "failure_domain"),
        (int)Number(json, "shards"), json["synced"]!.GetValue<bool>());

    private static JsonNode Write(Copy copy) => new JsonObject
    {
        ["location"] = copy.Location.Name,
        ["incarnation"] = copy.Incarnation,
        ["state"] = Word(copy.State),
        ["header"] = Write(copy.Header),
        ["verified_at"] = Text(copy.VerifiedAt),
    };

    private static Copy ReadCopy(JsonObject json) => new(
        Location(json), Incarnation(json), Choice<CopyState>(json, "state"), ReadHeader(json),
        Instant(json, "verified_at")!.Value);

    private static JsonObject? Write(CopyHeader header) => header == CopyHeader.Plain ? null : new JsonObject
    {
        ["compression"] = header.Compression,
        ["encryption"] = header.Encryption,
        ["key_id"] = header.KeyId,
    };

    private static CopyHeader ReadHeader(JsonObject json) => json["header"] is JsonObject header
        ? new CopyHeader(
            (byte)Number(header, "compression"), (byte)Number(header, "encryption"),
            header["key_id"]?.GetValue<string>())
        : CopyHeader.Plain;

    private static JsonObject Write(Reference reference)
    {
        var json = new JsonObject
        {
            ["owner"] = reference.Owner.Name,
            ["namespace"] = reference.Namespace.Name,
            ["name"] = reference.Name,
        };
        return reference.Base == Lsn.None ? json : With(json, "base_sequence", reference.Base.Value);
    }

    private static Reference ReadReference(JsonObject json) => new(
        new OwnerId(Text(json, "owner")), new NamespaceId(Text(json, "namespace")), json["name"]?.GetValue<string>())
    {
        Base = new Lsn(json["base_sequence"] is null ? 0 : BigNumber(json, "base_sequence")),
    };

    private static JsonObject Holding(LocationId location, ulong incarnation) => new()
    {
        ["location"] = location.Name,
        ["incarnation"] = incarnation,
    };

    private static JsonObject With(JsonObject json, string name, JsonNode? value)
    {
        json[name] = value;
        return json;
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static T Choice<T>(JsonObject json, string name)
        where T : struct, Enum
    {
        var value = Enum.Parse<T>(Text(json, name), ignoreCase: true);
        return Enum.IsDefined(value) ? value : throw new IntegrityException($"'{name}' is not known here.");
    }

    private static LocationId Location(JsonObject json) => new(Text(json, "location"));

    private static ulong Incarnation(JsonObject json) => BigNumber(json, "incarnation");

    private static Lsn Previous(JsonObject json) => new(BigNumber(json, "previous_sequence"));
}

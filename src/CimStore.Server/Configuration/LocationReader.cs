using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;
using CimStore.Locations;

namespace CimStore.Server.Configuration;

/// <summary>Reads <c>locations</c>.</summary>
/// <param name="folder">What relative paths are relative to: the folder of the file.</param>
internal sealed partial class LocationReader(string folder, ConfigurationFindings findings)
{
    public const int LocationsMax = 64;
    public const int SetsMax = 64;

    /// <summary>GF(2^8) has 255 elements beside 0.</summary>
    public const int ShardsMax = 255;

    public const int LabelLengthMax = 63;
    public const int PathLengthMax = 4095;
    private const int BlockMinBytes = 4 << 10;
    private const int BlockMaxBytes = 1 << 20;
    private const int BlockDefaultBytes = 64 << 10;
    private const int DaysMax = 3650;
    private const double DollarsMax = 1_000_000;

    private static readonly ImmutableArray<(string Word, string Value)> Kinds =
        [("log", "log"), ("pool", "pool"), ("directory", "directory"), ("s3", "s3"), ("jetstream", "jetstream")];

    /// <summary>Every directory read, for the checks across them.</summary>
    public List<ConfiguredDirectory> Directories { get; } = [];

    /// <param name="root">Of the file.</param>
    /// <param name="isCluster">The journal is shared: no location is this node's own log.</param>
    public ImmutableArray<LocationConfiguration> Read(ObjectReader root, bool isCluster)
    {
        var list = root.Find("locations");
        if (list is null)
        {
            if (isCluster)
            {
                findings.Error(root.Node, "A cluster has no log to fall back on: say its locations.");
            }

            return TiersConfiguration.Default.Locations;
        }

        var nodes = root.Items(list, $"a list of 1..{LocationsMax} locations");
        if (nodes.Length > LocationsMax)
        {
            findings.Error(list, $"Found {nodes.Length} locations; at most {LocationsMax} are allowed.");
        }

        var read = nodes.Select(node => (node, location: ReadOne(node))).ToList();
        CheckIds(read);
        if (isCluster)
        {
            CheckShared(list, read);
        }
        else
        {
            CheckLogs(list, read);
        }

        return [.. read.Select(pair => pair.location).OfType<LocationConfiguration>()];
    }

    private LocationConfiguration? ReadOne(JsonNodeAt node)
    {
        var kindNode = node.Find("kind")?.Value;
        var keys = kindNode?.Text switch
        {
            "log" => ConfigurationKeys.Log,
            "directory" => ConfigurationKeys.Directory,
            "s3" => ConfigurationKeys.Bucket,
            "jetstream" => ConfigurationKeys.JetStream,
            _ => ConfigurationKeys.Pool,
        };

        // Of a location whose kind is not known every key of any kind may be meant.
        var isKnown = kindNode is { Kind: JsonValueKind.String }
            && Kinds.Any(known => known.Word == kindNode.Text);
        var reader = new ObjectReader(
            node,
            isKnown
                ? keys
                :
                [
                    .. keys.Union(ConfigurationKeys.Directory).Union(ConfigurationKeys.Bucket)
                        .Union(ConfigurationKeys.JetStream),
                ],
            findings);
        _ = reader.Require("kind", "log, pool, directory, s3 or jetstream");
        var kind = reader.Word("kind", Kinds, "");
        var id = Id(reader);

        // Of one that is not known nothing else is to be said: it is taken for a tier that goes with everything else.
        var otherwise = kind == "log" ? StorageTier.Hot : StorageTier.Cold;
        var tier = reader.Require("tier", "hot, warm, cold or archive") is { } value
            ? reader.Word(value, ConfigurationWords.Tiers, otherwise)
            : otherwise;
        var labels = Labels(reader, ImmutableSortedDictionary<string, string>.Empty);
        return kind switch
        {
            "log" => Common(reader, labels, CheckLog(reader, new LocationConfiguration.Log { Id = id, Tier = tier })),
            "pool" => Common(reader, labels, Pool(reader, id, tier, labels)),
            "directory" => Common(reader, labels, Directory(reader, id, tier, labels)),
            "jetstream" => Common(reader, labels, JetStream(reader, id, tier)),
            "s3" => Priced(reader, Common(reader, labels, new BucketReader(folder, findings).Read(reader, id, tier))),
            _ => null,
        };
    }

    private static T Common<T>(ObjectReader reader, ImmutableSortedDictionary<string, string> labels, T location)
        where T : LocationConfiguration => location with
        {
            Medium = reader.Word("medium", ConfigurationWords.Media, "unknown"),
            Labels = labels,
            Cost = Cost(reader.Object("cost", ConfigurationKeys.Cost)),
            State = reader.Word("state", ConfigurationWords.States, LocationState.Active),
            Provider = reader.Text("provider", LabelLengthMax),
            IsOffsite = reader.Flag("offsite"),
        };

    /// <summary>What nobody says of a bucket is what its provider publishes.</summary>
    private static LocationConfiguration.Bucket Priced(ObjectReader reader, LocationConfiguration.Bucket bucket) =>
        bucket with
        {
            Medium = reader.Find("medium") is null ? "s3" : bucket.Medium,
            Cost = reader.Find("cost") is null
                ? bucket.Settings.Profile.CostOf(bucket.Settings.StorageClass)
                : bucket.Cost,
        };

    private LocationConfiguration.Log CheckLog(ObjectReader reader, LocationConfiguration.Log log)
    {
        if (log.Tier != StorageTier.Hot)
        {
            findings.Error(
                reader.Find("tier")!,
                "The log takes every content first: its tier is hot, and nothing else is allowed.");
        }

        if (reader.Find("state") is { Kind: JsonValueKind.String, Text: "draining" or "retired" } state)
        {
            findings.Error(
                state, "The log takes every content first: its state is active, and nothing else is allowed.");
        }

        return log;
    }

    private LocationConfiguration.Pool Pool(
        ObjectReader reader, LocationId id, StorageTier tier, ImmutableSortedDictionary<string, string> labels)
    {
        var data = reader.Count("dataShards", 1, ShardsMax - 1, 4);
        var parity = reader.Count("parityShards", 1, ShardsMax - 1, 4);
        if (data + parity > ShardsMax)
        {
            findings.Error(
                reader.Node, $"{data} + {parity} shards are {data + parity}; at most {ShardsMax} are allowed.");
        }

        var block = reader.Size("blockBytes", BlockMinBytes, BlockMaxBytes, BlockDefaultBytes);
        if (!BitOperations.IsPow2(block))
        {
            findings.Error(reader.Find("blockBytes")!, $"Found {block}; allowed are powers of two 4KiB..1MiB.");
        }

        return new LocationConfiguration.Pool
        {
            Id = id,
            Tier = tier,
            DataShards = data,
            ParityShards = parity,
            BlockBytes = (int)block,
            Sets = Sets(reader, id, labels, $"{data}+{parity}", data + parity),
        };
    }

    private ImmutableArray<ImmutableArray<PoolDirectoryConfiguration>> Sets(
        ObjectReader reader, LocationId id, ImmutableSortedDictionary<string, string> labels, string code, int size)
    {
        var allowed = $"a list of 1..{SetsMax} sets, each a list of {size} directories";
        if (reader.Require("sets", allowed) is not { } list)
        {
            return [];
        }

        var nodes = reader.Items(list, allowed);
        if (list.Kind == JsonValueKind.Array && nodes.Length is 0 or > SetsMax)
        {
            findings.Error(list, $"Found {nodes.Length} sets; allowed is {allowed}.");
        }

        var sets = ImmutableArray.CreateBuilder<ImmutableArray<PoolDirectoryConfiguration>>();
        foreach (var (index, set) in nodes.Index())
        {
            var members = reader.Items(set, $"a list of {size} directories");
            if (set.Kind == JsonValueKind.Array && members.Length != size)
            {
                findings.Error(set, $"Found {members.Length} directories; a set of {code} shards has exactly {size}.");
            }

            sets.Add([.. members
                .Select(member => Member(member, id, index, labels))
                .OfType<PoolDirectoryConfiguration>()]);
        }

        return sets.ToImmutable();
    }

    private PoolDirectoryConfiguration? Member(
        JsonNodeAt node, LocationId id, int set, ImmutableSortedDictionary<string, string> outer)
    {
        var reader = new ObjectReader(node, ConfigurationKeys.PoolDirectory, findings);
        var labels = Labels(reader, outer);
        return Absolute(reader) is not { } path
            ? null
            : new PoolDirectoryConfiguration(Remember(path, id, set, labels, reader), labels);
    }

    private LocationConfiguration.Directory Directory(
        ObjectReader reader, LocationId id, StorageTier tier, ImmutableSortedDictionary<string, string> labels)
    {
        // Cold is compressed (D1); what is read often is not, since a range of it would cost a frame.
        var otherwise = tier >= StorageTier.Cold ? StoredCompression.Zstd : StoredCompression.None;
        var compression = reader.Word("compression", ConfigurationWords.Compressions, otherwise);
        if (tier == StorageTier.Hot && compression != StoredCompression.None)
        {
            findings.Error(reader.Find("compression")!, "Hot is never compressed (D10): allowed is none.");
        }

        var capabilities = LocationCapabilities.RangeReads;
        if (reader.Find("capabilities") is { } list)
        {
            capabilities = reader.Items(list, "a list of capabilities")
                .Select(word => reader.Word(word, ConfigurationWords.Capabilities, LocationCapabilities.None))
                .Aggregate(LocationCapabilities.None, (all, one) => all | one);
        }

        return new LocationConfiguration.Directory
        {
            Id = id,
            Tier = tier,
            Path = Absolute(reader) is { } path ? Remember(path, id, null, labels, reader) : "",
            Compression = compression,
            Capabilities = capabilities,
        };
    }

    private string Remember(
        string path, LocationId id, int? set, IReadOnlyDictionary<string, string> labels, ObjectReader reader)
    {
        Directories.Add(new ConfiguredDirectory(
            id.Name, set, path, RealPath.Of(path), labels, reader.Find("path")!));
        return path;
    }

    private string? Absolute(ObjectReader reader) =>
        reader.Require("path", "a directory, absolute or relative to this file") is not null
        && reader.Text("path", PathLengthMax) is { } path
            ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, folder))
            : null;

    private LocationId Id(ObjectReader reader)
    {
        const string Allowed = "1..63 of a-z, 0-9 and -";
        if (reader.Require("id", Allowed) is not { } value)
        {
            return default;
        }

        if (value.Kind != JsonValueKind.String || !IdPattern().IsMatch(value.Text))
        {
            findings.Error(value, $"Found {value.Describe()}; allowed are {Allowed}.");
        }

        return new LocationId(value.Text);
    }

    private static ImmutableSortedDictionary<string, string> Labels(
        ObjectReader reader, ImmutableSortedDictionary<string, string> outer)
    {
        if (reader.Object("labels", ConfigurationKeys.Labels) is not { } labels)
        {
            return outer;
        }

        var own = from key in ConfigurationKeys.Labels
                  let value = labels.Text(key, LabelLengthMax)
                  where value is not null
                  select KeyValuePair.Create(key, value);
        return outer.SetItems(own);
    }

    private static LocationCost Cost(ObjectReader? cost) => cost is null
        ? LocationCost.Free
        : new LocationCost(
            cost.Dollars("perGbMonth", DollarsMax), cost.Dollars("perThousandWrites", DollarsMax),
            cost.Dollars("perThousandReads", DollarsMax), cost.Dollars("perGbRead", DollarsMax),
            cost.Count("daysMin", 0, DaysMax, 0), cost.Size("sizeMinBytes", 0, 1L << 40, 0));

    private void CheckIds(List<(JsonNodeAt Node, LocationConfiguration? Location)> read)
    {
        var seen = new Dictionary<string, JsonNodeAt>(StringComparer.Ordinal);
        foreach (var (node, _) in read)
        {
            if (node.Find("id")?.Value is { Kind: JsonValueKind.String } id && !seen.TryAdd(id.Text, id))
            {
                findings.Error(
                    id, $"The id \"{id.Text}\" is taken by {seen[id.Text].Path}; each location has its own.");
            }
        }
    }

    private void CheckLogs(JsonNodeAt list, List<(JsonNodeAt Node, LocationConfiguration? Location)> read)
    {
        // While a kind is misspelt it may be the log's.
        var isClear = read.TrueForAll(pair => pair.Location is not null);
        var logs = read.Where(pair => pair.Location is LocationConfiguration.Log).ToList();
        if (logs.Count == 0 && isClear && list.Kind == JsonValueKind.Array)
        {
            findings.Error(
                list, "No location has the kind log: exactly one has it, the embedded log of the data directory. "
                    + "Add { \"id\": \"hot\", \"kind\": \"log\", \"tier\": \"hot\" }.");
        }

        foreach (var (node, _) in logs.Skip(1))
        {
            findings.Error(node, $"A second log beside {logs[0].Node.Path}; exactly one location has the kind log.");
        }
    }

    private void CheckShared(JsonNodeAt list, List<(JsonNodeAt Node, LocationConfiguration? Location)> read)
    {
        foreach (var (node, location) in read.Where(static pair => pair.Location
            is LocationConfiguration.Log or LocationConfiguration.Pool or LocationConfiguration.Directory))
        {
            findings.Error(
                node,
                $"A location of the kind {location!.Kind} is one machine's; every node of a cluster reaches every "
                + "location: allowed are jetstream and s3.");
        }

        if (read is [{ Location: { } home }, ..] && home is not LocationConfiguration.JetStreamBuckets)
        {
            findings.Error(
                list, "The first location takes new content; in a cluster it has the kind jetstream.");
        }
    }

    private LocationConfiguration.JetStreamBuckets JetStream(ObjectReader reader, LocationId id, StorageTier tier)
    {
        var replicas = reader.Count("replicas", 1, 5, 1);
        if (replicas == 2)
        {
            findings.Error(
                reader.Find("replicas")!, "Found 2; allowed is 1, 3, 4 or 5: with 2 the loss of either stops writing.");
            replicas = 1;
        }

        return new LocationConfiguration.JetStreamBuckets
        {
            Id = id,
            Tier = tier,
            ValuesBucket = Bucket(reader, "valuesBucket", $"{id.Name}-values"),
            ObjectsBucket = Bucket(reader, "objectsBucket", $"{id.Name}-content"),
            Replicas = replicas,
            ServersSyncAlways = reader.Flag("serversSyncAlways"),
        };
    }

    private string Bucket(ObjectReader reader, string key, string otherwise)
    {
        if (reader.Text(key, LabelLengthMax) is not { } name)
        {
            return otherwise;
        }

        if (BucketPattern().IsMatch(name))
        {
            return name;
        }

        findings.Error(reader.Find(key)!, $"Found \"{name}\"; allowed are 1..63 letters, digits, - and _.");
        return otherwise;
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,63}\z")]
    private static partial Regex BucketPattern();

    [GeneratedRegex(@"^[a-z0-9-]{1,63}\z")]
    private static partial Regex IdPattern();
}

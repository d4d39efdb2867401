using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.S3;

/// <summary>What is known of a kind of server beforehand. What it does is probed when a location is opened.</summary>
public sealed record S3Profile
{
    /// <summary>What keeping costs in AWS's own classes, in us-east-1.</summary>
    private static readonly ImmutableDictionary<string, LocationCost> AwsCosts =
        new Dictionary<string, LocationCost>
        {
            ["STANDARD"] = new(0.023, 0.005, 0.0004, 0.09, 0, 0),
            ["STANDARD_IA"] = new(0.0125, 0.01, 0.001, 0.10, 30, 128 << 10),
            ["ONEZONE_IA"] = new(0.01, 0.01, 0.001, 0.10, 30, 128 << 10),
            ["GLACIER_IR"] = new(0.004, 0.02, 0.01, 0.12, 90, 128 << 10),
            ["GLACIER"] = new(0.0036, 0.03, 0.0004, 0.10, 90, 40 << 10),
            ["DEEP_ARCHIVE"] = new(0.00099, 0.05, 0.0004, 0.11, 180, 40 << 10),
        }.ToImmutableDictionary();

    public static readonly S3Profile Aws = new("aws")
    {
        UsesTrailingChecksums = true,
        SendsChunks = true,
        Promises = S3Abilities.All & ~S3Abilities.LocksObjects,
        Costs = AwsCosts,
    };

    public static readonly S3Profile Minio = new("minio")
    {
        UsesPathStyle = true,
        SendsChunks = true,
        Promises = S3Abilities.RefusesWrongMd5 | S3Abilities.HonoursIfNoneMatch | S3Abilities.ListsUploads,
    };

    public static readonly S3Profile Ceph = new("ceph")
    {
        UsesPathStyle = true,
        SendsChunks = true,
        Promises = S3Abilities.RefusesWrongMd5 | S3Abilities.HonoursIfNoneMatch | S3Abilities.ListsUploads,
    };

    public static readonly S3Profile Wasabi = new("wasabi")
    {
        SendsChunks = true,
        Promises = S3Abilities.RefusesWrongMd5 | S3Abilities.ListsUploads,
        Costs = Single(new LocationCost(0.00699, 0, 0, 0, 90, 4 << 10)),
    };

    public static readonly S3Profile Backblaze = new("backblaze")
    {
        SendsChunks = true,
        Promises = S3Abilities.RefusesWrongMd5 | S3Abilities.ListsUploads,
        Costs = Single(new LocationCost(0.006, 0, 0.0004, 0.01, 0, 0)),
    };

    public static readonly S3Profile Garage = new("garage")
    {
        UsesPathStyle = true,
        SendsChunks = true,
        Promises = S3Abilities.RefusesWrongMd5 | S3Abilities.ListsUploads,
    };

    /// <summary>Nothing is taken for granted: bodies go in one piece, and every ability has to show.</summary>
    public static readonly S3Profile Generic = new("generic") { UsesPathStyle = true };

    public static readonly ImmutableArray<S3Profile> All =
        [Aws, Minio, Ceph, Wasabi, Backblaze, Garage, Generic];

    private S3Profile(string name) => Name = name;

    public string Name { get; }

    /// <summary>Checksums of the SDK's, behind the body; older servers refuse them.</summary>
    public bool UsesTrailingChecksums { get; private init; }

    /// <summary>The bucket stands in the path, not in the host's name.</summary>
    public bool UsesPathStyle { get; private init; }

    /// <summary>Bodies are signed chunk by chunk as they are sent; otherwise they are read once more before.</summary>
    public bool SendsChunks { get; private init; }

    /// <summary>What goes by the storage class's name, an empty name for all of them.</summary>
    internal ImmutableDictionary<string, LocationCost> Costs { get; private init; } =
        ImmutableDictionary<string, LocationCost>.Empty;

    /// <summary>What is missing of these is a warning.</summary>
    internal S3Abilities Promises { get; private init; }

    /// <summary>Prices that are published, without taxes and discounts; what nobody publishes is free.</summary>
    public LocationCost CostOf(string? storageClass) =>
        Costs.GetValueOrDefault(storageClass ?? "STANDARD") ?? Costs.GetValueOrDefault("") ?? LocationCost.Free;

    public override string ToString() => Name;

    private static ImmutableDictionary<string, LocationCost> Single(LocationCost cost) =>
        ImmutableDictionary<string, LocationCost>.Empty.Add("", cost);
}

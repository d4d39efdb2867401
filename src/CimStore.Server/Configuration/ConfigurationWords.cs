using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.S3;

namespace CimStore.Server.Configuration;

/// <summary>The words of closed choices.</summary>
internal static class ConfigurationWords
{
    public static readonly ImmutableArray<(string Word, StorageTier Value)> Tiers =
    [
        ("hot", StorageTier.Hot), ("warm", StorageTier.Warm), ("cold", StorageTier.Cold),
        ("archive", StorageTier.Archive),
    ];

    public static readonly ImmutableArray<(string Word, string Value)> Media =
    [
        .. new[]
        {
            "nvme", "ssd", "hdd", "optical", "tape", "pmem", "memory", "jetstream", "s3", "unknown",
        }.Select(word => (word, word)),
    ];

    public static readonly ImmutableArray<(string Word, LocationState Value)> States =
    [
        ("active", LocationState.Active), ("draining", LocationState.Draining), ("retired", LocationState.Retired),
    ];

    public static readonly ImmutableArray<(string Word, FailureDomainLevel Value)> Levels =
    [
        ("device", FailureDomainLevel.Device), ("node", FailureDomainLevel.Node), ("rack", FailureDomainLevel.Rack),
        ("zone", FailureDomainLevel.Zone), ("region", FailureDomainLevel.Region),
    ];

    public static readonly ImmutableArray<(string Word, PlacementStrategy Value)> Strategies =
    [
        ("rendezvous", PlacementStrategy.Rendezvous), ("range", PlacementStrategy.Range),
        ("geographic", PlacementStrategy.Geographic),
    ];

    public static readonly ImmutableArray<(string Word, DurabilityClass Value)> Classes =
    [
        ("ephemeral", DurabilityClass.Ephemeral), ("standard", DurabilityClass.Standard),
        ("critical", DurabilityClass.Critical),
    ];

    public static readonly ImmutableArray<(string Word, StoredCompression Value)> Compressions =
        [("none", StoredCompression.None), ("zstd", StoredCompression.Zstd)];

    public static readonly ImmutableArray<(string Word, LocationCapabilities Value)> Capabilities =
    [
        ("rangeReads", LocationCapabilities.RangeReads), ("writeOnce", LocationCapabilities.WriteOnce),
        ("needsRecall", LocationCapabilities.NeedsRecall), ("appendOnly", LocationCapabilities.AppendOnly),
    ];

    public static readonly ImmutableArray<(string Word, S3Profile Value)> Profiles =
        [.. S3Profile.All.Select(profile => (profile.Name, profile))];

    public static readonly ImmutableArray<(string Word, S3Encryption Value)> Encryptions =
        [("none", S3Encryption.None), ("aes256", S3Encryption.Aes256), ("kms", S3Encryption.Kms)];

    public static readonly ImmutableArray<(string Word, bool Value)> LockModes =
        [("governance", false), ("compliance", true)];

    public static string Of(FailureDomainLevel level) => Levels[(int)level].Word;

    public static string Of(StorageTier tier) => Tiers[(int)tier].Word;
}

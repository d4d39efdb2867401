namespace CimStore.Locations;

/// <summary>What policies may know about a location (D2); nothing branches on the adapter's type.</summary>
public sealed record LocationTraits
{
    public required StorageTier Tier { get; init; }

    /// <summary>nvme, ssd, hdd, optical, tape, pmem, memory, jetstream, s3 or unknown.</summary>
    public required string Medium { get; init; }

    /// <summary>Failure-domain labels: region, zone, rack, node, device.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public bool SyncsBeforeAcknowledgement { get; init; } = true;
}

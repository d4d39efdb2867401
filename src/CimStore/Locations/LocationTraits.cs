using System.Collections.Immutable;

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

    /// <summary>What makes it sync before it answers, where it does not: a setting by its name.</summary>
    public string? SyncRemedy { get; init; }

    /// <summary>
    /// The labels of each place that holds a part of every copy, where a copy is spread over several (an erasure-coded
    /// pool); empty where the location is one place.
    /// </summary>
    public ImmutableArray<IReadOnlyDictionary<string, string>> Parts { get; init; } = [];

    /// <summary>How many parts a whole copy has; 1 where the location is one place.</summary>
    public int PartCount => Math.Max(1, Parts.Length);

    /// <summary>How many of the parts suffice to read a copy; 1 where the location is one place.</summary>
    public int PartsNeeded { get; init; } = 1;

    /// <summary>Who runs it, such as a cloud's name; null for what is our own.</summary>
    public string? Provider { get; init; }

    /// <summary>Away from the site of the others, as 3-2-1 counts it.</summary>
    public bool IsOffsite { get; init; }

    public LocationCost Cost { get; init; } = LocationCost.Free;

    public LocationCapabilities Capabilities { get; init; } = LocationCapabilities.RangeReads;
}

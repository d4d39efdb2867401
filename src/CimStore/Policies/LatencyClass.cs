using System.Diagnostics;
using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>A tier is a class of latency and cost (D1): the time in which its first byte is to come.</summary>
public static class LatencyClass
{
    /// <summary>The bound that the p99 of a tier is held against; it is met by what is shorter.</summary>
    public static TimeSpan BoundOf(StorageTier tier) => tier switch
    {
        StorageTier.Hot => TimeSpan.FromMilliseconds(1),
        StorageTier.Warm => TimeSpan.FromMilliseconds(10),
        StorageTier.Cold => TimeSpan.FromMilliseconds(100),

        // "Hours": the slowest common recall of an archive, and a tape brought from its shelf within a working day.
        StorageTier.Archive => TimeSpan.FromHours(12),
        _ => throw new UnreachableException(),
    };
}

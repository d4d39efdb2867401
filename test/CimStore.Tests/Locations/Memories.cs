using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Locations;

/// <summary>Locations in memory.</summary>
internal static class Memories
{
    public static MemoryLocation Make(TimeProvider time, int parts = 1, int partsNeeded = 1, long? capacityBytes = null)
    {
        var here = ImmutableDictionary<string, string>.Empty;
        var traits = new LocationTraits
        {
            Tier = StorageTier.Warm,
            Medium = "memory",
            Labels = here,
            Parts = parts == 1
                ? []
                : [.. Enumerable.Range(0, parts).Select(part => here.Add("device", $"d{part}"))],
            PartsNeeded = partsNeeded,
        };
        return new MemoryLocation(new LocationId("memory"), traits, time) { CapacityBytes = capacityBytes };
    }

    public static async Task<(ContentKey Key, Copy Copy)> AdmitAsync(this ILocation location, byte[] content) => (
        ContentKey.Shared(Samples.CidOf(content)),
        await new LocationUnderTest(location).AdmitAsync(content, TestContext.Current.CancellationToken));
}

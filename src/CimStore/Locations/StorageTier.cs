namespace CimStore.Locations;

/// <summary>
/// A latency and cost class, not a device (D1): Hot &lt; 1 ms, Warm &lt; 10 ms, Cold &lt; 100 ms, Archive hours.
/// </summary>
public enum StorageTier : byte
{
    Hot = 0,
    Warm = 1,
    Cold = 2,
    Archive = 3,
}

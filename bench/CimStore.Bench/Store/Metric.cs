namespace CimStore.Bench.Store;

/// <summary>
/// What is measured. The unit is part of the name; rates are better when higher, the rest when lower.
/// </summary>
internal sealed record Metric(string Name, bool HigherIsBetter, string Format)
{
    public static readonly Metric PutsPerSecond = new("puts/s", true, "N0");
    public static readonly Metric GetsPerSecond = new("gets/s", true, "N0");
    public static readonly Metric MegabytesPerSecond = new("MB/s", true, "N0");
    public static readonly Metric Middle = new("p50 us", false, "N1");
    public static readonly Metric Tail = new("p99 us", false, "N1");
    public static readonly Metric Work = new("cpu us each", false, "N1");
    public static readonly Metric WrittenPerStored = new("written/stored", false, "N2");
    public static readonly Metric CountedPerStored = new("counted/stored", false, "N2");
    public static readonly Metric Seconds = new("s", false, "N3");
    public static readonly Metric ResidentMebibytes = new("resident MiB", false, "N0");

    public override string ToString() => Name;
}

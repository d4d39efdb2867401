namespace CimStore.Bench.Store;

/// <summary>All samples of one contender in one row.</summary>
internal sealed record Result(string Row, string Contender, Metric Metric, IReadOnlyList<double> Samples)
{
    public double Median { get; } = MedianOf(Samples);

    public double Min => Samples.Min();

    public double Max => Samples.Max();

    private static double MedianOf(IReadOnlyList<double> samples)
    {
        var sorted = samples.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

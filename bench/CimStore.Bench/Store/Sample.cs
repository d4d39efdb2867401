namespace CimStore.Bench.Store;

/// <summary>What one contender did in one round: a value for each metric of the row.</summary>
internal sealed class Sample : Dictionary<Metric, double>;

namespace CimStore.Disk.Pool;

/// <summary>What replacing a directory would make again in the new one.</summary>
/// <param name="Copies">Each gets one shard.</param>
/// <param name="SizeBytes">Of those shards.</param>
/// <param name="Hopeless">Copies of which the other directories have too few shards, or none that says what it is.
/// </param>
public sealed record ReplaceForecast(long Copies, long SizeBytes, long Hopeless);

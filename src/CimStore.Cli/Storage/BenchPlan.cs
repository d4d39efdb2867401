namespace CimStore.Cli.Storage;

internal sealed record BenchPlan(int SizeBytes, int InFlight, double Seconds, int Seed);

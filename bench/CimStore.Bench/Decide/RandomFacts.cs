using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Bench.Decide;

/// <summary>Objects of all ages and sizes at all tiers, a third of them never read, and tiers that cost what clouds
/// ask.</summary>
internal static class RandomFacts
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly MigrationEnvironment Tiers = new(
    [
        new TierState(StorageTier.Hot, new LocationCost(0.08, 0, 0, 0, 0, 0), 0.5),
        new TierState(StorageTier.Warm, new LocationCost(0.023, 0.005, 0.0004, 0, 0, 0), 0.5),
        new TierState(StorageTier.Cold, new LocationCost(0.0125, 0.01, 0.001, 0.01, 30, 128 << 10), 0.5),
        new TierState(StorageTier.Archive, new LocationCost(0.00099, 0.05, 0.0004, 0.02, 180, 40 << 10), 0.5),
    ]);

    public static MigrationPolicy Policy(string name) => MigrationPolicies.BuiltIn.Single(one => one.Name == name);

    public static MigrationFacts[] Make(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => One(random))];
    }

    private static MigrationFacts One(Random random)
    {
        var age = TimeSpan.FromDays(400 * random.NextDouble() * random.NextDouble());
        var accesses = random.Next(3) == 0 ? 0 : random.Next(1, 200);
        var readAt = Now - (age * random.NextDouble());
        return new MigrationFacts
        {
            SizeBytes = (long)Math.Pow(2, 34 * random.NextDouble()),
            CreatedAt = Now - age,
            Tier = (StorageTier)random.Next(4),
            TierSince = random.Next(2) == 0 ? Now - age : Now - (age * random.NextDouble()),
            Accesses = accesses,
            Rate = accesses == 0 ? default : new AccessRate(4 * random.NextDouble(), readAt),
            LastAccessAt = accesses == 0 ? null : readAt,
        };
    }
}

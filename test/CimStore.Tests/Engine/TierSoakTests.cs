using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>
/// Everything goes wrong at once, by seed: all locations fail, stall and lie now and then, the journal refuses or is in
/// doubt, and the process dies. Nothing wrong is ever read, and when the faults end everything is as it should be.
/// </summary>
public sealed class TierSoakTests
{
    private const int Steps = 40;

    private static readonly LocationOperation[] Writes =
        [LocationOperation.Stage, LocationOperation.Write, LocationOperation.WriteTree, LocationOperation.Seal];

    private static readonly LocationOperation[] Reads = [LocationOperation.Read, LocationOperation.ReadTree];

    private bool _isOn = true;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds { get; } = [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Nothing_wrong_is_read_and_everything_is_paid_in_the_end(int seed)
    {
        var chance = new Random(seed);
        var tiers = Open(seed);
        await tiers.OpenAsync();
        for (var step = 0; step < Steps; step++)
        {
            if (chance.Next(6) == 0)
            {
                tiers.Life.DieAt(chance.Next(1, 30), chance.Next(2) == 0);
            }

            try
            {
                await StepAsync(tiers, chance, step);
            }
            catch (ProcessDiedException)
            {
                await tiers.OpenAsync(keepsDueIndex: chance.Next(3) > 0);
            }
            catch (Exception fault) when (fault is LocationException or IntegrityException or RefusedException)
            {
                // Told, as it has to be. A journal in doubt refuses everything until it is opened anew.
                await tiers.OpenAsync();
            }

            Assert.Empty(await tiers.BrokenPromisesAsync());
        }

        _isOn = false;
        tiers.JournalMishap = null;
        await tiers.OpenAsync();
        for (var cycle = 0; cycle < 30; cycle++)
        {
            await tiers.CycleAsync(TimeSpan.FromMinutes(5));
        }

        Assert.Empty(await tiers.Node.Scavenger!.DebtsAsync(100, Token));
        Assert.Empty(await tiers.BrokenPromisesAsync());
        Assert.Empty(await tiers.UnreadableAsync());
    }

    private SimulatedTiers Open(int seed)
    {
        var tiers = new SimulatedTiers();
        tiers.Bind("warm", StorageTier.Warm);
        tiers.Bind("warm2", StorageTier.Warm, parts: 3, partsNeeded: 2);
        tiers.Bind("cold", StorageTier.Cold);
        foreach (var location in (string[])["hot", "warm", "warm2", "cold"])
        {
            var plan = new LocationFaultPlan()
                .Seeded(
                    seed, 12, Writes, new LocationMishap.Before(LocationFault.Offline), LocationMishap.Full,
                    new LocationMishap.After(LocationFault.Unknown), new LocationMishap.Stall(TimeSpan.FromMinutes(2)))
                .Seeded(
                    seed, 12, Reads, new LocationMishap.Before(LocationFault.Offline), new LocationMishap.Lie(seed),
                    new LocationMishap.Before(LocationFault.Medium), new LocationMishap.CutShort(100))
                .Seeded(seed, 6, [LocationOperation.Release], new LocationMishap.After(LocationFault.Offline));
            tiers.PlanOf(location).Rule(
                (operation, subject, attempt) =>
                    _isOn ? plan.Decide(operation, $"{location} {subject}", attempt) : null);
        }

        var appends = new Random(seed);
        tiers.JournalMishap = _ => appends.Next(40) switch
        {
            0 => LocationMishap.Full,
            1 => new LocationMishap.After(LocationFault.Unknown),
            _ => null,
        };
        return tiers;
    }

    private static async Task StepAsync(SimulatedTiers tiers, Random chance, int step)
    {
        var content = Samples.Bytes(chance.Next(3) switch { 0 => 0, 1 => 3000, _ => 40_000 } + step, step);
        switch (chance.Next(5))
        {
            case 0 or 1:
                await tiers.StoreAsync(
                    content, (DurabilityClass)chance.Next(1, 4), (ConsistencyLevel)chance.Next(5));
                break;
            case 2:
                await tiers.CycleAsync(TimeSpan.FromDays(chance.Next(9)));
                break;
            case 3:
                await tiers.Node.Scrubber!.RunAllAsync(null, Token);
                break;
            default:
                Assert.Empty(await tiers.UnreadableAsync());
                break;
        }
    }
}

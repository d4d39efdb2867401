using CimStore.Locations;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>Some work of a node, with a death at each call that it makes of a port, on both sides of it.</summary>
internal static class CrashEverywhere
{
    /// <summary>
    /// Does the work once undisturbed, which tells how many calls it makes and what comes of it; then once for each
    /// call and each side of it with a death there, and once more in a node opened over what is left.
    /// </summary>
    /// <param name="prepare">What went before.</param>
    /// <param name="work">The work; told whether it is done for the first time.</param>
    /// <param name="outcome">What came of it, in words; the same wherever it broke off.</param>
    /// <param name="brokenMax">How many copies that count are wrong to begin with.</param>
    /// <param name="warmParts">In how many parts, of which one may be lost, the warm location keeps a copy.</param>
    /// <param name="atOnce">How many copies the work makes at once: so many may be left behind as garbage.</param>
    public static async Task RunAsync(
        Func<SimulatedTiers, Task> prepare, Func<SimulatedTiers, bool, Task> work,
        Func<SimulatedTiers, Task<string>> outcome, int brokenMax = 0, int warmParts = 1, int atOnce = 1)
    {
        var clean = await PreparedAsync(prepare, warmParts);
        await work(clean, true);
        var (calls, expected) = (clean.Life.Calls, await outcome(clean));
        Assert.True(calls > 2, $"The work made {calls} calls.");
        Assert.Equal(0, await clean.GarbageAsync());
        Assert.Empty(await clean.BrokenPromisesAsync());
        for (var call = 1; call <= calls; call++)
        {
            foreach (var isAfter in (bool[])[false, true])
            {
                var tiers = await PreparedAsync(prepare, warmParts);
                tiers.Life.DieAt(call, isAfter);
                await Assert.ThrowsAsync<ProcessDiedException>(() => work(tiers, true));
                var at = tiers.Life.DiedAt!;
                Assert.True((await tiers.BrokenPromisesAsync()).Count <= brokenMax, $"{at}: no bytes for a promise.");
                await tiers.OpenAsync(keepsDueIndex: call % 3 > 0);
                await work(tiers, false);
                var end = await outcome(tiers);
                Assert.True(end == expected, $"{at}: the end is {end}, not {expected}.");
                await AssertWholeAsync(tiers, at, atOnce);
            }
        }
    }

    private static async Task AssertWholeAsync(SimulatedTiers tiers, string at, int atOnce)
    {
        Assert.True((await tiers.BrokenPromisesAsync()).Count == 0, $"{at}: no bytes for a promise at the end.");
        Assert.True((await tiers.UnreadableAsync()).Count == 0, $"{at}: content cannot be read.");
        Assert.True(await tiers.GarbageAsync() <= atOnce, $"{at}: more garbage than what was made.");
        var owed = await tiers.Node.Scavenger!.DebtsAsync(10, TestContext.Current.CancellationToken);
        Assert.True(owed.Count == 0, $"{at}: something is owed still.");
    }

    private static async Task<SimulatedTiers> PreparedAsync(Func<SimulatedTiers, Task> prepare, int warmParts)
    {
        var tiers = new SimulatedTiers();
        tiers.Bind("warm", StorageTier.Warm, warmParts, Math.Max(1, warmParts - 1));
        tiers.Bind("cold", StorageTier.Cold);
        await tiers.OpenAsync();
        await prepare(tiers);
        tiers.Life.DieAt(int.MaxValue, isAfter: false);
        return tiers;
    }
}

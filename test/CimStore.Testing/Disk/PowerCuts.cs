using System.Globalization;

namespace CimStore.Testing.Disk;

/// <summary>
/// Runs a workload once for each of its disk operations and takes the power away during that operation; then looks at
/// several of the disks that could be left. The workload notes what it was promised as it goes.
/// </summary>
internal static class PowerCuts
{
    /// <summary>The environment variable that leaves only the cut during this operation, to see it again.</summary>
    private const string OnlyVariable = "CIMSTORE_POWER_CUT";

    /// <param name="newDisk">Makes the disk, perhaps one that lies.</param>
    /// <param name="workload">Runs against the disk and notes each promise the moment it is given.</param>
    /// <param name="verify">Throws when the disk left behind breaks a promise. The seed varies what else it
    /// tries.</param>
    /// <param name="fates">How many disks are looked at for each moment.</param>
    /// <param name="lastFirst">Begins with the last operation: what is sure to break does so soon.</param>
    /// <returns>How many disks were looked at.</returns>
    public static async Task<int> EverywhereAsync<TPromises>(
        Func<SimulatedDisk> newDisk,
        Func<SimulatedDisk, TPromises, Task> workload,
        Func<SimulatedDisk, TPromises, int, Task> verify,
        int fates,
        bool lastFirst = false)
        where TPromises : new()
    {
        var whole = newDisk();
        await RunWholeAsync(whole, workload);
        var looked = 0;
        var only = Environment.GetEnvironmentVariable(OnlyVariable);
        for (var at = 0; at <= whole.Operations; at++)
        {
            var cut = lastFirst ? whole.Operations - at : at;
            if (only is not null && only != cut.ToString(CultureInfo.InvariantCulture))
            {
                continue;
            }

            var disk = newDisk();
            disk.PowerFailsAt = cut;
            var promises = new TPromises();
            using var room = promises as IDisposable;
            await RunAsync(workload, disk, promises, cut);
            for (var fate = 0; fate < fates; fate++)
            {
                var seed = (cut * 1000) + fate;
                try
                {
                    await verify(disk.PowerCut(seed), promises, seed);
                    looked++;
                }
                catch (Exception broken)
                {
                    throw new PromiseBrokenException($"Power cut during operation {cut}, seed {seed}.", broken);
                }
            }
        }

        return looked;
    }

    private static async Task RunWholeAsync<TPromises>(
        SimulatedDisk disk, Func<SimulatedDisk, TPromises, Task> workload)
        where TPromises : new()
    {
        var promises = new TPromises();
        using var room = promises as IDisposable;
        await workload(disk, promises);
    }

    private static async Task RunAsync<TPromises>(
        Func<SimulatedDisk, TPromises, Task> workload, SimulatedDisk disk, TPromises promises, int cut)
    {
        try
        {
            await workload(disk, promises);
        }
        catch (Exception) when (disk.IsOff)
        {
            // However the store says it: its machine was switched off.
        }
        catch (Exception broken)
        {
            throw new PromiseBrokenException($"The workload failed before the cut at operation {cut}.", broken);
        }
    }
}

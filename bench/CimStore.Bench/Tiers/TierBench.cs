using CimStore.Bench.Store;

namespace CimStore.Bench.Tiers;

/// <summary>The tiers of one machine: pool against raw files, reads with shards lost, the scavenger, space.</summary>
internal static class TierBench
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = StoreOptions.Parse(arguments);
        if (options.WantsHelp)
        {
            Console.WriteLine(
                "CimStore.Bench tiers [--rows pool-put,pool-coding,pool-get,pool-scrub,scavenger,space] "
                + "[--rounds N] [--objects N] [--field N] [--dir DIR] [--json FILE]");
            return 0;
        }

        Directory.CreateDirectory(options.Folder);
        var report = new Report(options);
        if (Wants("pool-put"))
        {
            await PoolRows.PutAsync(report, options);
        }

        if (Wants("pool-coding"))
        {
            await PoolRows.CodingAsync(report, options);
        }

        if (Wants("pool-scrub"))
        {
            await ScrubRow.RunAsync(report, options);
        }

        if (Wants("pool-get"))
        {
            await PoolRows.GetAsync(report, options);
        }

        if (Wants("scavenger"))
        {
            await ScavengerRow.RunAsync(report, options);
        }

        if (Wants("space"))
        {
            await PoolRows.SpaceAsync(report, options);
        }

        return 0;

        bool Wants(string row) => options.Rows.Count == 0 || options.Rows.Contains(row);
    }
}

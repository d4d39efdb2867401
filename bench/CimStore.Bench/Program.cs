using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Running;
using CimStore.Bench.Coding;
using CimStore.Bench.Http;
using CimStore.Bench.Log;
using CimStore.Bench.Store;
using CimStore.Bench.Tiers;

// CimStore.Bench store [options]             the stores against their peers (Store/StoreSuite.cs)
// CimStore.Bench log DIRECTORY [SECONDS]     the content log alone
// CimStore.Bench http [DIRECTORY]            GET over loopback against Kestrel's Results.File
// CimStore.Bench coding [options]            Reed-Solomon against ISA-L
// CimStore.Bench tiers [options]             the pool against raw files, the scavenger, space (Tiers/TierBench.cs)
// CimStore.Bench child ...                   one step of a row that needs a process of its own
// CimStore.Bench NAME [BenchmarkDotNet options]   the suite in the folder of that name: hashing, codecs, decide, ...
// CimStore.Bench [BenchmarkDotNet options]   any of them, as BenchmarkDotNet chooses
switch (args)
{
    case ["store", .. var rest]:
        return await StoreSuite.RunAsync(rest);
    case ["http", .. var rest]:
        return await HttpGetBench.RunAsync(rest);
    case ["coding", .. var rest]:
        return CodingBench.Run(rest);
    case ["tiers", .. var rest]:
        return await TierBench.RunAsync(rest);
    case ["child", .. var rest]:
        return await Child.RunAsync(rest);
    case ["log", var directory, .. var rest]:
        var seconds = rest is [var text, ..] ? int.Parse(text, CultureInfo.InvariantCulture) : 5;
        await LogBench.RunAsync(directory, TimeSpan.FromSeconds(seconds));
        return 0;
    default:
        var all = Assembly.GetExecutingAssembly().GetTypes().Where(t => t.IsPublic).ToArray();
        var named = all.Where(t => args is [var name, ..]
            && string.Equals(t.Namespace, $"CimStore.Bench.{name}", StringComparison.OrdinalIgnoreCase)).ToArray();
        BenchmarkSwitcher.FromTypes(named.Length > 0 ? named : all).Run(named.Length > 0 ? args[1..] : args);
        return 0;
}

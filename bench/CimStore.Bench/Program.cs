using BenchmarkDotNet.Running;
using CimStore.Bench.Hashing;
using CimStore.Bench.Log;

if (args is ["hashing", .. var hashing])
{
    BenchmarkSwitcher
        .FromTypes([typeof(Blake3Benchmarks), typeof(Blake3ManyBenchmarks), typeof(Blake3OutboardBenchmarks)])
        .Run(hashing);
}

if (args is ["log", var directory, ..])
{
    await LogBench.RunAsync(directory, TimeSpan.FromSeconds(args is [_, _, var seconds] ? int.Parse(seconds) : 5));
}

return 0;

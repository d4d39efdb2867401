using BenchmarkDotNet.Running;
using CimStore.Bench.Hashing;

if (args is ["hashing", .. var hashing])
{
    BenchmarkSwitcher
        .FromTypes([typeof(Blake3Benchmarks), typeof(Blake3ManyBenchmarks), typeof(Blake3OutboardBenchmarks)])
        .Run(hashing);
}

return 0;

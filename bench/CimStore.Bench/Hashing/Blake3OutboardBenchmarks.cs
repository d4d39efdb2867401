using System.Buffers;
using BenchmarkDotNet.Attributes;
using CimStore.Content;

namespace CimStore.Bench.Hashing;

/// <summary>Building and using the tree of 16 MiB, beside plain hashing.</summary>
/// <remarks>
/// Expected: building costs what hashing costs, because the same values are computed and 0.4 % more bytes written.
/// Verifying by 256 KiB is within a tenth of hashing; by 16 KiB, where only the chunks fill 16 lanes and the 4 layers
/// above them do not, four fifths of it.
/// </remarks>
[MemoryDiagnoser]
public class Blake3OutboardBenchmarks
{
    private const int Size = 16 * 1024 * 1024;

    private readonly byte[] _content = new byte[Size];
    private readonly byte[] _root = new byte[Blake3.HashSizeBytes];
    private readonly ArrayBufferWriter<byte> _nodes = new(1024 * 1024);
    private Blake3OutboardBuilder _builder = null!;

    [GlobalSetup]
    public void Fill()
    {
        new Random(1).NextBytes(_content);
        _builder = new Blake3OutboardBuilder(_nodes);
        Build();
    }

    [Benchmark(Baseline = true)]
    public void Hash() => Blake3.Hash(_content, _root);

    [Benchmark]
    public void Build()
    {
        _nodes.ResetWrittenCount();
        _builder.Reset();
        _builder.Update(_content);
        _builder.Finish(_root);
    }

    [Benchmark]
    [Arguments(16 * 1024)]
    [Arguments(256 * 1024)]
    public bool Verify(int step)
    {
        var verifier = new Blake3OutboardVerifier(_root, Size);
        var isProved = true;
        for (var offset = 0; offset < Size; offset += step)
        {
            var group = offset / Blake3Outboard.GroupSizeBytes;
            isProved &= verifier.Verify(group, _content.AsSpan(offset, step), _nodes.WrittenSpan).IsProved;
        }

        return isProved;
    }
}

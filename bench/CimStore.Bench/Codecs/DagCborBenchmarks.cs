using System.Buffers;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using CimStore.Content;

namespace CimStore.Bench.Codecs;

/// <summary>An event's envelope: eight fields, two of them links.</summary>
/// <remarks>
/// Expected on a 2025 server core: written in 200 ns, read in 350 ns, checked in 400 ns, none of them allocating; as a
/// tree of nodes about five times that. At 100,000 events a second the writer takes 2 % of a core.
/// </remarks>
[MemoryDiagnoser]
public class DagCborBenchmarks
{
    private readonly ArrayBufferWriter<byte> _output = new(1024);
    private Cid _content;
    private Cid _previous;
    private byte[] _envelope = [];
    private IpldNode _node = IpldNode.Null.Instance;

    [GlobalSetup]
    public void Fill()
    {
        _content = Cid.ForRaw(SHA256.HashData("content"u8));
        _previous = Cid.ForRaw(SHA256.HashData("previous"u8));
        Write();
        _envelope = _output.WrittenSpan.ToArray();
        _node = DagCbor.Decode(_envelope);
    }

    [Benchmark]
    public int Write()
    {
        _output.ResetWrittenCount();
        var writer = new DagCborWriter(_output);
        writer.WriteMapStart(8);
        writer.WriteString("seq"u8);
        writer.WriteInt(123_456_789);
        writer.WriteString("size"u8);
        writer.WriteInt(4096);
        writer.WriteString("type"u8);
        writer.WriteString("ContentStored");
        writer.WriteString("actor"u8);
        writer.WriteString("user:anna");
        writer.WriteString("content"u8);
        writer.WriteLink(_content);
        writer.WriteString("message"u8);
        writer.WriteBytes(_content.Digest[..16]);
        writer.WriteString("previous"u8);
        writer.WriteLink(_previous);
        writer.WriteString("timestamp"u8);
        writer.WriteInt(1_750_000_000_000_000);
        return _output.WrittenCount;
    }

    [Benchmark]
    public long Read()
    {
        var reader = new DagCborReader(_envelope);
        var map = reader.ReadMapStart();
        var sum = 0L;
        while (reader.ReadKey(ref map, out _))
        {
            switch (reader.PeekKind())
            {
                case IpldKind.Integer:
                    sum += reader.ReadInt64();
                    break;
                case IpldKind.Link:
                    sum += reader.ReadLink().Version;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.End();
        return sum;
    }

    [Benchmark]
    public void Validate() => DagCbor.Validate(_envelope);

    [Benchmark]
    public IpldNode DecodeTree() => DagCbor.Decode(_envelope);

    [Benchmark]
    public int EncodeTree()
    {
        _output.ResetWrittenCount();
        DagCbor.Encode(_node, _output);
        return _output.WrittenCount;
    }
}

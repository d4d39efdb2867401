using System.Buffers;

namespace CimStore.Content;

/// <summary>One door to the codecs: a codec's code and bytes on one side, the data model on the other.</summary>
public static class IpldCodec
{
    /// <summary>True for dag-cbor, dag-json, dag-pb and raw. Other content is not looked into.</summary>
    public static bool IsSupported(ulong codec) =>
        codec is Codecs.Raw or Codecs.DagPb or Codecs.DagCbor or Codecs.DagJson;

    /// <exception cref="ContentFormatException">The bytes are not what the codec allows.</exception>
    /// <exception cref="ArgumentException">The codec is not supported.</exception>
    public static IpldNode Decode(ulong codec, ReadOnlySpan<byte> source) => codec switch
    {
        Codecs.Raw => new IpldNode.Bytes(source.ToArray()),
        Codecs.DagPb => DagPb.ToIpld(DagPb.Decode(source)),
        Codecs.DagCbor => DagCbor.Decode(source),
        Codecs.DagJson => DagJson.Decode(source),
        _ => throw Unsupported(codec),
    };

    /// <exception cref="ArgumentException">The codec is not supported, or cannot say the value.</exception>
    public static void Encode(ulong codec, IpldNode node, IBufferWriter<byte> output)
    {
        switch (codec)
        {
            case Codecs.Raw when node is IpldNode.Bytes bytes:
                output.Write(bytes.Value.Span);
                break;
            case Codecs.Raw:
                throw new ArgumentException($"Raw holds bytes, not a {node.Kind}.", nameof(node));
            case Codecs.DagPb:
                DagPb.Encode(DagPb.FromIpld(node), output);
                break;
            case Codecs.DagCbor:
                DagCbor.Encode(node, output);
                break;
            case Codecs.DagJson:
                DagJson.Encode(node, output);
                break;
            default:
                throw Unsupported(codec);
        }
    }

    /// <summary>Checks the bytes without keeping what they say.</summary>
    /// <exception cref="ContentFormatException">The bytes are not what the codec allows.</exception>
    public static void Validate(ulong codec, ReadOnlySpan<byte> source)
    {
        switch (codec)
        {
            case Codecs.Raw:
                break;
            case Codecs.DagCbor:
                DagCbor.Validate(source);
                break;
            default:
                Decode(codec, source);
                break;
        }
    }

    private static ArgumentException Unsupported(ulong codec) =>
        new($"{Codecs.Name(codec)} is stored and served, not looked into.", nameof(codec));
}

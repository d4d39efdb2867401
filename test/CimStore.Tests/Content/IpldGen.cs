using CimStore.Content;
using CsCheck;

namespace CimStore.Tests.Content;

/// <summary>Values of the data model, and the ways to spoil their bytes.</summary>
internal static class IpldGen
{
    public static readonly Gen<Cid> AnyCid =
        from codec in Gen.OneOf(Codecs.Raw, Codecs.DagPb, Codecs.DagCbor, Codecs.CimFirst)
        from function in Gen.OneOf(HashFunctions.Blake3, HashFunctions.Sha256)
        from digest in Gen.Byte.Array[32]
        from isOld in Gen.Bool
        select isOld ? OldCid(digest) : Cid.FromDigest(codec, function, digest);

    /// <summary>Text with the characters that escape, that sort oddly, and that need surrogates.</summary>
    public static readonly Gen<string> AnyText =
        Gen.OneOf(
            "a", "b", "/", "bytes", "0", "!", "\"", "\\", "\n", "\u0001", "\u007f", "é", "水", "\uffee", "\U00010344")
            .Array[0, 4].Select(string.Concat);

    public static readonly Gen<IpldNode> Scalar = Gen.OneOf<IpldNode>(
        Gen.Const<IpldNode>(IpldNode.Null.Instance),
        Gen.Bool.Select(value => (IpldNode)new IpldNode.Bool(value)),
        Gen.Long.Select(value => (IpldNode)new IpldNode.Integer(value)),
        Gen.ULong.Select(value => (IpldNode)new IpldNode.Integer(value)),
        Gen.ULong.Select(value => (IpldNode)new IpldNode.Integer(-1 - (Int128)value)),
        Gen.Int[-300, 300].Select(value => (IpldNode)new IpldNode.Integer(value)),
        Gen.Double.Where(double.IsFinite).Select(value => (IpldNode)new IpldNode.Float(value)),
        Gen.OneOf(0.0, -0.0, 1.0, 1e21, 1e22, 1e-6, 1e-7, 123456789012345680000.0, 5e-324, double.MaxValue)
            .Select(value => (IpldNode)new IpldNode.Float(value)),
        AnyText.Select(value => (IpldNode)new IpldNode.String(value)),
        Gen.Byte.Array[0, 30].Select(value => (IpldNode)new IpldNode.Bytes(value)),
        AnyCid.Select(value => (IpldNode)new IpldNode.Link(value)));

    public static readonly Gen<IpldNode> Node = OfDepth(3);

    /// <summary>Bytes that are nearly what a codec wrote: flipped, cut, grown, or with a piece repeated.</summary>
    public static Gen<byte[]> Spoiled(Gen<byte[]> valid) =>
        from bytes in valid
        from at in Gen.Int[0, Math.Max(0, bytes.Length - 1)]
        from other in Gen.Byte.Array[1, 6]
        from how in Gen.Int[0, 4]
        select how switch
        {
            0 => bytes.Length == 0 ? other : [.. bytes[..at], (byte)(bytes[at] ^ other[0]), .. bytes[(at + 1)..]],
            1 => bytes[..at],
            2 => [.. bytes[..at], .. other, .. bytes[at..]],
            3 => [.. bytes, .. bytes[at..]],
            _ => other,
        };

    private static Gen<IpldNode> OfDepth(int depth)
    {
        if (depth == 0)
        {
            return Scalar;
        }

        var inner = OfDepth(depth - 1);
        var list = inner.Array[0, 4].Select(items => (IpldNode)new IpldNode.List([.. items]));
        var map = Gen.Select(AnyText, inner).Array[0, 4].Select(ToMap);
        return Gen.OneOf(Scalar, list, map);
    }

    private static IpldNode ToMap((string Key, IpldNode Value)[] entries) => new IpldNode.Map(
        entries.DistinctBy(entry => entry.Key).Select(entry => KeyValuePair.Create(entry.Key, entry.Value)));

    private static Cid OldCid(byte[] digest) =>
        Cid.TryReadBytes([0x12, 0x20, .. digest], out var cid, out _) ? cid : throw new InvalidOperationException();
}

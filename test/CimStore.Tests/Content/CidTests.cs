using System.Security.Cryptography;
using System.Text;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

public sealed class CidTests
{
    private const string V0 = "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n";
    private const string V0Twin = "bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
    private const string EmptyRawSha256 = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

    private static readonly Gen<Cid> AnyCid =
        from codec in Gen.OneOf(Codecs.Raw, Codecs.DagPb, Codecs.DagCbor, Codecs.DagJson, Codecs.CimFirst)
        from function in Gen.OneOf(HashFunctions.Blake3, HashFunctions.Sha256, HashFunctions.Sha512)
        from digest in Gen.Byte.Array[function == HashFunctions.Sha512 ? 64 : 32]
        select Cid.FromDigest(codec, function, digest);

    /// <summary>Any name that can be read: foreign codecs and functions, and digests of any length.</summary>
    private static readonly Gen<Cid> ForeignCid =
        from codec in Gen.ULong[0, UnsignedVarint.ValueMax]
        from function in Gen.OneOf(Gen.OneOf(0UL, 0x1eUL, 0xb220UL), Gen.ULong[0x10000, UnsignedVarint.ValueMax])
        from digest in Gen.Byte.Array[0, function == HashFunctions.Blake2b256 ? 32 : 90]
        select Read(codec, function, digest);

    private static readonly Gen<Cid> EveryCid = Gen.OneOf(AnyCid, ForeignCid);

    [Fact]
    public void Raw_sha256_of_nothing_has_its_known_name()
    {
        var cid = Cid.FromDigest(Codecs.Raw, HashFunctions.Sha256, SHA256.HashData([]));

        Assert.Equal(EmptyRawSha256, cid.ToString());
        Assert.Equal(59, cid.TextLength);
    }

    [Theory]
    [InlineData(Codecs.Raw, "bafkr4i", 59)]
    [InlineData(Codecs.DagCbor, "bafyr4i", 59)]
    [InlineData(Codecs.CimFirst, "bagaibqabdyq", 64)]
    public void Names_begin_as_CIM_writes_them(ulong codec, string prefix, int length)
    {
        var text = Cid.FromDigest(codec, HashFunctions.Blake3, new byte[32]).ToString();

        Assert.StartsWith(prefix, text, StringComparison.Ordinal);
        Assert.Equal(length, text.Length);
    }

    [Fact]
    public void A_version_0_name_is_not_its_twin_but_leads_to_it()
    {
        var old = Cid.Parse(V0);
        var twin = old.ToV1();

        Assert.Equal(0, old.Version);
        Assert.Equal(Codecs.DagPb, old.Codec);
        Assert.Equal(V0, old.ToString());
        Assert.NotEqual(old, twin);
        Assert.Equal(1, twin.Version);
        Assert.Equal(V0Twin, twin.ToString());
        Assert.Equal(old.Digest.ToArray(), twin.Digest.ToArray());
        Assert.True(old < twin);
    }

    /// <summary>The table of github.com/multiformats/cid, and js-multiformats' tests of other bases.</summary>
    [Theory]
    [InlineData("zdj7WhuEjrB52m1BisYCtmjH1hSKa7yZ3jEZ9JcXaFRD51wVz")]
    [InlineData("zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA")]
    [InlineData("f01551e20af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData("BAFKREIHDWDCEFGH4DQKJV67UZCMW7OJEE6XEDZDETOJUZJEVTENXQUVYKU")]
    [InlineData("k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8")]
    public void Other_bases_are_read_and_written(string text)
    {
        var cid = Cid.Parse(text);

        Assert.Equal(text, cid.ToString(text[..1], null));
        Assert.Equal(cid, Cid.Parse(cid.ToString()));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("b", "too short")]
    [InlineData("/ipfs/" + EmptyRawSha256, "path")]
    [InlineData("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyk", "base32 text cannot have 57 symbols")]
    [InlineData("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquv1ku", "'1' at")]
    [InlineData("f0155122000", "the digest is cut off: 32 bytes announced, 1 present")]
    [InlineData("f01551201e300", "1 bytes follow the digest")]
    [InlineData("f0155122100", "sha2-256 gives 32 bytes, not 33")]
    [InlineData("f0255120100", "CID version 2 does not exist")]
    [InlineData("f8100551201e3", "the version is not a minimal varint")]
    [InlineData("f01d500120100", "the codec is not a minimal varint")]
    [InlineData("f0155920012", "the hash function is not a minimal varint")]
    [InlineData("f01559f009f00", "the hash function is not a minimal varint")]
    [InlineData("f015500ff7f00", "a digest of 16383 bytes is longer than")]
    [InlineData("z" + V0, "a version 0 CID is written without a multibase prefix")]
    [InlineData("QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1", "'Q' is not a known multibase prefix")]
    [InlineData("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvykü", "not ASCII")]
    public void Refusals_say_why(string text, string expected)
    {
        Assert.False(Cid.TryParse(text.AsSpan(), out var cid, out var reason));

        Assert.Contains(expected, reason, StringComparison.Ordinal);
        Assert.True(cid.IsDefault);
        Assert.Contains(reason, Assert.Throws<FormatException>(() => Cid.Parse(text)).Message,
        StringComparison.Ordinal);
    }

    [Fact]
    public void Foreign_codes_are_read_and_not_minted()
    {
        Assert.Equal(0x600001UL, Read(0x600001, HashFunctions.Blake3, new byte[32]).Codec);

        Assert.Throws<ArgumentException>(() => Cid.FromDigest(0x600001, HashFunctions.Blake3, new byte[32]));
        Assert.Throws<ArgumentException>(() => Cid.FromDigest(Codecs.Raw, HashFunctions.Blake2b256, new byte[32]));
        Assert.Throws<ArgumentException>(() => Cid.FromDigest(Codecs.Raw, HashFunctions.Blake3, new byte[31]));
    }

    [Fact]
    public void Default_names_nothing()
    {
        Assert.True(default(Cid).IsDefault);
        Assert.Equal(string.Empty, default(Cid).ToString());
        Assert.Equal(0, default(Cid).ByteLength);
        Assert.Throws<InvalidOperationException>(() => default(Cid).WriteBytes(new byte[64]));
        Assert.True(default(Cid) < Cid.ForRaw(new byte[32]));
        Assert.Equal(default, default(Cid));
    }

    [Fact]
    public void Text_and_bytes_read_back_what_was_written() =>
        EveryCid.Sample(cid =>
        {
            var bytes = new byte[cid.ByteLength + 3];
            var text = Encoding.UTF8.GetBytes(cid.ToString());
            return cid.WriteBytes(bytes) == cid.ByteLength
                && Cid.TryReadBytes(bytes, out var fromBytes, out var consumed) && consumed == cid.ByteLength
                && fromBytes == cid && fromBytes.GetHashCode() == cid.GetHashCode()
                && Cid.Parse(cid.ToString()) == cid && Cid.Parse(text) == cid && text.Length == cid.TextLength
                && "bBcCfFkKzZmMuUvVtTh".All(prefix => Cid.Parse(cid.ToString($"{prefix}", null)) == cid);
        });

    [Fact]
    public void Order_and_keys_follow_the_text() =>
        Gen.Select(EveryCid, EveryCid).Sample((left, right) => AssertOrder(left, right));

    /// <summary>Neighbours that differ in one group or in length are where an order of keys goes wrong.</summary>
    [Fact]
    public void Order_and_keys_follow_the_text_of_near_neighbours() =>
        Gen.Select(ForeignCid, Gen.Byte.Array[0, 6], Gen.Int[0, 7]).Sample((cid, other, at) =>
        {
            var digest = cid.Digest.ToArray();
            if (digest.Length > at)
            {
                digest[^(at + 1)] ^= (byte)(1 << at);
            }

            AssertOrder(cid, Read(cid.Codec, cid.HashFunction, digest));
            var isFree = cid.HashFunction != HashFunctions.Blake2b256;
            AssertOrder(cid, Read(cid.Codec, cid.HashFunction, isFree ? [.. digest, .. other] : other));
        });

    [Fact]
    public void A_key_reads_back_and_may_be_followed_by_more() =>
        Gen.Select(EveryCid, Gen.Byte.Array[0, 40]).Sample((cid, more) =>
        {
            var key = new byte[cid.OrderedKeyLength + more.Length];
            more.CopyTo(key, cid.OrderedKeyLength);
            return cid.WriteOrderedKey(key) == cid.OrderedKeyLength && cid.OrderedKeyLength <= cid.ByteLength
                && Cid.TryReadOrderedKey(key, out var read, out var consumed)
                && read == cid && consumed == cid.OrderedKeyLength;
        });

    [Fact]
    public void A_usual_key_has_36_bytes() => Assert.Equal(36, Cid.ForRaw(new byte[32]).OrderedKeyLength);

    [Fact]
    public void Bytes_read_as_a_key_only_if_they_are_the_key() =>
        Gen.Select(EveryCid, Gen.Int[0, 10_000], Gen.Int[0, 7]).Sample((cid, at, bit) =>
        {
            var key = new byte[cid.OrderedKeyLength];
            cid.WriteOrderedKey(key);
            key[at % key.Length] ^= (byte)(1 << bit);
            if (!Cid.TryReadOrderedKey(key, out var read, out var consumed))
            {
                return true;
            }

            var again = new byte[consumed];
            read.WriteOrderedKey(again);
            return read != cid && again.AsSpan().SequenceEqual(key.AsSpan(0, consumed));
        });

    [Fact]
    public void The_usual_path_does_not_allocate()
    {
        var cid = Cid.ForRaw(SHA256.HashData([1]));
        var text = cid.ToString();
        var buffer = new char[64];
        var key = new byte[64];
        var rounds = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1000; round++)
        {
            var isRead = cid.TryFormat(buffer, out _) & Cid.TryParse(text.AsSpan(), out var parsed, out _);
            parsed.WriteOrderedKey(key);
            isRead &= Cid.TryReadOrderedKey(key, out var again, out _);
            rounds += isRead && again.CompareTo(cid) == 0 && again.GetHashCode() == cid.GetHashCode() ? 1 : 0;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1000, rounds);
    }

    [Fact]
    public void A_name_fits_48_bytes() => Assert.Equal(48, System.Runtime.CompilerServices.Unsafe.SizeOf<Cid>());

    private static Cid Read(ulong codec, ulong function, byte[] digest)
    {
        var bytes = new byte[Cid.ByteLengthMax];
        bytes[0] = 1;
        var offset = 1 + UnsignedVarint.Write(bytes.AsSpan(1), codec);
        offset += Multihash.Write(bytes.AsSpan(offset), function, digest);
        Assert.True(Cid.TryReadBytes(bytes.AsSpan(0, offset), out var cid, out var consumed, out var reason), reason);
        Assert.Equal(offset, consumed);
        return cid;
    }

    private static void AssertOrder(Cid left, Cid right)
    {
        var expected = Math.Sign(string.CompareOrdinal(left.ToString(), right.ToString()));
        var (leftKey, rightKey) = (new byte[left.OrderedKeyLength], new byte[right.OrderedKeyLength]);
        left.WriteOrderedKey(leftKey);
        right.WriteOrderedKey(rightKey);

        Assert.Equal(expected, Math.Sign(left.CompareTo(right)));
        Assert.Equal(expected, Math.Sign(leftKey.AsSpan().SequenceCompareTo(rightKey)));
        Assert.Equal(expected == 0, left == right);
        Assert.Equal(expected == 0, leftKey.AsSpan().StartsWith(rightKey) || rightKey.AsSpan().StartsWith(leftKey));
    }
}

using System.Text;
using CimStore.Content;
using CimStore.Testing;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>The published vectors of github.com/multiformats/multihash: 260 digests, whole and truncated.</summary>
public sealed class MultihashKitTests
{
    [Fact]
    public void Every_published_multihash_is_read_and_where_computable_verified()
    {
        var lines = File.ReadAllLines(Kits.Require("multiformats/multihash/test_cases.csv")).Skip(1).ToArray();
        var verified = 0;

        foreach (var fields in lines.Select(line => line.Split(',')))
        {
            var bytes = Convert.FromHexString(fields[3]);
            Assert.True(
                Multihash.TryRead(bytes, out var function, out var digest, out var consumed, out var reason), reason);
            Assert.Equal(bytes.Length, consumed);
            Assert.Equal(int.Parse(fields[1], null) / 8, digest.Length);
            Assert.StartsWith(fields[0], HashFunctions.Name(function), StringComparison.Ordinal);

            var again = new byte[Multihash.Size(function, digest.Length)];
            Assert.Equal(bytes.Length, Multihash.Write(again, function, digest));
            Assert.Equal(bytes, again);
            verified += Verify(function, digest, Encoding.ASCII.GetBytes(fields[2])) ? 1 : 0;
        }

        Assert.Equal(260, lines.Length);

        // SHA-1 (40) is not computed, and 10 bytes (60 more of the others) prove nothing; SHA-3 is the platform's.
        Assert.Equal(ContentHasher.IsComputable(HashFunctions.Sha3Bits256) ? 160 : 100, verified);
    }

    private static bool Verify(ulong function, ReadOnlySpan<byte> digest, byte[] input)
    {
        var bytes = new byte[Cid.ByteLengthMax];
        bytes[0] = 1;
        bytes[1] = (byte)Codecs.Raw;
        Multihash.Write(bytes.AsSpan(2), function, digest);
        Assert.True(Cid.TryReadBytes(bytes, out var cid, out _));
        if (!cid.IsVerifiable)
        {
            Assert.Equal(CidVerdict.NotComputable, cid.Verify(input));
            return false;
        }

        Assert.Equal(CidVerdict.Match, cid.Verify(input));
        Assert.Equal(CidVerdict.Mismatch, cid.Verify([.. input, 0]));
        return true;
    }
}

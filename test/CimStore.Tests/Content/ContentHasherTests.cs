using System.Text;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

public sealed class ContentHasherTests
{
    private static readonly ulong[] Functions =
    [
        HashFunctions.Blake3, HashFunctions.Sha256, HashFunctions.Sha384, HashFunctions.Sha512,
        HashFunctions.Blake2b256,
    ];

    /// <summary>BLAKE2b-256 of "" and "abc", as b2sum -l 256 prints them.</summary>
    [Theory]
    [InlineData("", "0E5751C026E543B2E8AB2EB06099DAA1D1E5DF47778F7787FAAB45CDF12FE3A8")]
    [InlineData("abc", "BDDD813C634239723171EF3FEE98579B94964E3BB1CB3E427262C8C068D52319")]
    public void Blake2b_256_is_right(string text, string expected)
    {
        var digest = new byte[32];

        ContentHasher.Hash(HashFunctions.Blake2b256, Encoding.UTF8.GetBytes(text), digest);

        Assert.Equal(expected, Convert.ToHexString(digest));
    }

    [Fact]
    public void Pieces_hash_as_the_whole_and_a_hasher_begins_anew() =>
        Gen.Select(Gen.Byte.Array[0, 700], Gen.Int[0, 700], Gen.Int[0, 4]).Sample((content, cut, at) =>
        {
            using var hasher = ContentHasher.Create(Functions[at]);
            var (whole, pieces) = (new byte[64], new byte[64]);
            ContentHasher.Hash(Functions[at], content, whole);
            for (var round = 0; round < 2; round++)
            {
                hasher.Update(content.AsSpan(0, Math.Min(cut, content.Length)));
                hasher.Update(content.AsSpan(Math.Min(cut, content.Length)));
                hasher.Finish(pieces);
                Assert.Equal(whole, pieces);
            }
        });

    [Fact]
    public void Content_verifies_against_its_name_and_nothing_else_does() =>
        Gen.Select(Gen.Byte.Array[1, 300], Gen.Int[0, 299], Gen.OneOf(0UL, 0x12UL, 0x13UL, 0x1eUL))
            .Sample((content, at, function) =>
            {
                var cid = Cid.Of(Codecs.Raw, content, function);
                var other = content.ToArray();
                other[at % other.Length] ^= 1;
                return cid.Verify(content) == CidVerdict.Match && cid.Verify(other) == CidVerdict.Mismatch;
            });

    [Fact]
    public void What_cannot_be_computed_is_refused() =>
        Assert.Throws<ArgumentException>(() => ContentHasher.Create(HashFunctions.Sha1));
}

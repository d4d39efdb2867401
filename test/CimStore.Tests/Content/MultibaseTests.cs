using System.Text;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>The vectors of github.com/multiformats/multibase, tests/*.csv.</summary>
public sealed class MultibaseTests
{
    private const string AllPrefixes = "079fFbBcCvVtThkKzZmMuU";

    [Theory]
    [InlineData("001111001011001010111001100100000011011010110000101101110011010010010000000100001")]
    [InlineData("7362625631006654133464440102")]
    [InlineData("9573277761329450583662625")]
    [InlineData("f796573206d616e692021")]
    [InlineData("F796573206D616E692021")]
    [InlineData("bpfsxgidnmfxgsibb")]
    [InlineData("BPFSXGIDNMFXGSIBB")]
    [InlineData("vf5in683dc5n6i811")]
    [InlineData("VF5IN683DC5N6I811")]
    [InlineData("cpfsxgidnmfxgsibb")]
    [InlineData("CPFSXGIDNMFXGSIBB")]
    [InlineData("tf5in683dc5n6i811")]
    [InlineData("TF5IN683DC5N6I811")]
    [InlineData("hxf1zgedpcfzg1ebb")]
    [InlineData("k2lcpzo5yikidynfl")]
    [InlineData("K2LCPZO5YIKIDYNFL")]
    [InlineData("z7paNL19xttacUY")]
    [InlineData("Z7Pznk19XTTzBtx")]
    [InlineData("meWVzIG1hbmkgIQ")]
    [InlineData("MeWVzIG1hbmkgIQ==")]
    [InlineData("ueWVzIG1hbmkgIQ")]
    [InlineData("UeWVzIG1hbmkgIQ==")]
    public void Yes_mani(string text) => AssertVector("yes mani !", text);

    [Theory]
    [InlineData("7000745453462015530267151100204")]
    [InlineData("90573277761329450583662625")]
    [InlineData("f00796573206d616e692021")]
    [InlineData("bab4wk4zanvqw42jaee")]
    [InlineData("cab4wk4zanvqw42jaee======")]
    [InlineData("hybhskh3ypiosh4jyrr")]
    [InlineData("v01smasp0dlgmsq9044")]
    [InlineData("t01smasp0dlgmsq9044======")]
    [InlineData("k02lcpzo5yikidynfl")]
    [InlineData("z17paNL19xttacUY")]
    [InlineData("Z17Pznk19XTTzBtx")]
    [InlineData("mAHllcyBtYW5pICE")]
    [InlineData("MAHllcyBtYW5pICE=")]
    [InlineData("UAHllcyBtYW5pICE=")]
    public void Leading_zero(string text) => AssertVector("\0yes mani !", text);

    [Theory]
    [InlineData("700000171312714403326055632220041")]
    [InlineData("900573277761329450583662625")]
    [InlineData("f0000796573206d616e692021")]
    [InlineData("baaahszltebwwc3tjeaqq")]
    [InlineData("caaahszltebwwc3tjeaqq====")]
    [InlineData("hyyy813murbssn5ujryoo")]
    [InlineData("v0007ipbj41mm2rj940gg")]
    [InlineData("k002lcpzo5yikidynfl")]
    [InlineData("z117paNL19xttacUY")]
    [InlineData("mAAB5ZXMgbWFuaSAh")]
    [InlineData("uAAB5ZXMgbWFuaSAh")]
    public void Two_leading_zeros(string text) => AssertVector("\0\0yes mani !", text);

    [Theory]
    [InlineData("f68656c6c6f20776F726C64")]
    [InlineData("F68656c6c6f20776F726C64")]
    [InlineData("bnbswy3dpeB3W64TMMQ")]
    [InlineData("Bnbswy3dpeB3W64TMMQ")]
    [InlineData("vd1imor3f41RMUSJCCG")]
    [InlineData("cnbswy3dpeB3W64TMMQ======")]
    [InlineData("td1imor3f41RMUSJCCG======")]
    [InlineData("kfUvrsIvVnfRbjWaJo")]
    [InlineData("KfUVrSIVVnFRbJWAJo")]
    public void Case_does_not_matter_where_the_base_says_so(string text) =>
        Assert.Equal("hello world", Decode(text));

    [Theory]
    [InlineData("", "empty")]
    [InlineData("!abc", "'!' is not a known multibase prefix")]
    [InlineData("b1", "'1' at 1 is not a base32 symbol")]
    [InlineData("z0", "'0' at 1 is not a base58btc symbol")]
    [InlineData("f123", "cannot have 3 symbols")]
    [InlineData("baaa", "cannot have 3 symbols")]
    [InlineData("bab", "belong to no byte")]
    [InlineData("MeWVzIG1hbmkgIQ", "padding")]
    [InlineData("MeWVzIG1hbmkgIQ=", "padding")]
    [InlineData("MeWVzIG1hbmkgIQ======", "padding")]
    [InlineData("M====", "padding")]
    [InlineData("mQQ==", "'=' at 3")]
    [InlineData("bä", "byte 0xc3 at 1")]
    public void Refusals_say_why(string text, string expected)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);

        Assert.False(Multibase.TryDecode(utf8, new byte[64], out _, out var reason));

        Assert.Contains(expected, reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Positional_bases_stop_at_their_limit()
    {
        var text = new byte[Multibase.PositionalSizeMax + 2];
        Array.Fill(text, (byte)'z');

        Assert.False(Multibase.TryDecode(text, new byte[text.Length], out _, out var reason));

        Assert.Contains("longer than", reason, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Multibase.Encode('z', text));
    }

    [Fact]
    public void Decoding_undoes_encoding_in_every_base() =>
        Gen.Select(Gen.Byte.Array[0, 70], Gen.Int[0, AllPrefixes.Length - 1]).Sample((bytes, which) =>
        {
            var text = Encoding.ASCII.GetBytes(Multibase.Encode(AllPrefixes[which], bytes));
            var decoded = new byte[Multibase.DecodedSizeMax(text.Length)];
            return Multibase.TryDecode(text, decoded, out var written, out _)
                && decoded.AsSpan(0, written).SequenceEqual(bytes);
        });

    [Fact]
    public void The_fast_base32_agrees_with_the_general_one() =>
        Gen.Byte.Array[0, 70].Sample(bytes =>
        {
            var general = Multibase.Encode('b', bytes);
            var fast = new byte[Base32.TextLength(bytes.Length)];
            Base32.Encode(bytes, fast);
            var decoded = new byte[bytes.Length];
            return "b" + Encoding.ASCII.GetString(fast) == general
                && Base32.TryDecode(fast, decoded) && decoded.AsSpan().SequenceEqual(bytes);
        });

    [Fact]
    public void The_fast_base32_refuses_what_the_general_one_refuses() =>
        Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789\u007f\u0000@`{/:["].Array[0, 20].Sample(symbols =>
        {
            var text = Encoding.ASCII.GetBytes('b' + new string(symbols));
            var general = new byte[text.Length];
            var isGeneral = Multibase.TryDecode(text, general, out var written, out _);
            var fast = new byte[text.Length];
            return Base32.TryDecode(text.AsSpan(1), fast) == isGeneral
                && (!isGeneral || general.AsSpan(0, written).SequenceEqual(fast.AsSpan(0, written)));
        });

    private static void AssertVector(string plain, string text)
    {
        Assert.Equal(plain, Decode(text));
        Assert.Equal(text, Multibase.Encode(text[0], Encoding.UTF8.GetBytes(plain)));
    }

    private static string Decode(string text)
    {
        var bytes = new byte[Multibase.DecodedSizeMax(text.Length)];
        return Encoding.UTF8.GetString(bytes, 0, Multibase.Decode(text, bytes));
    }
}

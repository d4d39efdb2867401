using CimStore.Disk.Cold;
using CimStore.Testing.Contracts;
using CsCheck;
using Xunit;

namespace CimStore.Adapters.Tests.Cold;

[Trait("row", "B11")]
public sealed class CompressibilityTests
{
    [Theory]
    [InlineData(1000)]
    [InlineData(100_000)]
    [InlineData(Compressibility.SampleSizeBytes)]
    [InlineData(Compressibility.SampleSizeBytes + 100_000)]
    public void Text_is_compressed_and_chance_is_stored_as_it_is(int sizeBytes)
    {
        Assert.True(Compressibility.Pays(ColdForm.Text(sizeBytes, 1)));
        Assert.False(Compressibility.Pays(Samples.Bytes(sizeBytes, 1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(30)]
    public void What_is_shorter_than_a_table_is_stored_as_it_is(int sizeBytes) =>
        Assert.False(Compressibility.Pays(new byte[sizeBytes]));

    /// <summary>Zeros cost next to nothing, so the share of them is the share that is saved.</summary>
    [Theory]
    [InlineData(32, false)]
    [InlineData(20, false)]
    [InlineData(12, true)]
    [InlineData(2, true)]
    public void A_sixteenth_decides(int zeroFraction, bool pays)
    {
        var beginning = Samples.Bytes(Compressibility.SampleSizeBytes, 2);
        beginning.AsSpan(0, beginning.Length / zeroFraction).Clear();

        Assert.Equal(pays, Compressibility.Pays(beginning));
    }

    [Fact]
    public void What_comes_after_the_sample_does_not_count()
    {
        var sample = Samples.Bytes(Compressibility.SampleSizeBytes, 3);

        Assert.False(Compressibility.Pays([.. sample, .. new byte[Compressibility.SampleSizeBytes]]));
    }

    [Fact]
    public Task What_pays_is_stored_in_less() =>
        Gen.Select(Gen.Int[0, 3000], Gen.Int[0, 3000], Gen.Int[0, 100]).SampleAsync(async (text, chance, seed) =>
        {
            byte[] content = [.. ColdForm.Text(text, seed), .. Samples.Bytes(chance, seed)];
            var form = await ColdForm.MakeAsync(content, SeekableZstd.FrameSizeBytes);
            Assert.True(!Compressibility.Pays(content) || form.Stored.Length < content.Length);
        });
}

using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>Spoiled archives end in blocks that are what they say, or in a refusal that names its place.</summary>
public sealed class CarFuzzTests
{
    [Theory]
    [InlineData(CarFormat.V1)]
    [InlineData(CarFormat.V2)]
    public async Task Spoiled_archives_are_read_or_refused(CarFormat format)
    {
        var blocks = CarTests.SomeBlocks();
        var car = await CarTesting.WriteAsync([blocks[0].Cid], blocks, format);

        await IpldGen.Spoiled(Gen.Const(car)).SampleAsync(SurvivesAsync, iter: Math.Max(2000, Check.Iter));
    }

    [Fact]
    public async Task Random_bytes_are_refused() =>
        await Gen.Byte.Array[0, 100].SampleAsync(SurvivesAsync, iter: Math.Max(1000, Check.Iter));

    [Fact]
    public async Task Spoiled_indexes_are_read_or_refused()
    {
        var car = await CarTesting.WriteAsync([], CarTests.SomeBlocks(), CarFormat.V2);
        var index = car[(int)BitConverter.ToInt64(car, CarV2Header.PragmaSizeBytes + 32)..];

        IpldGen.Spoiled(Gen.Const(index)).Sample(
            bytes =>
            {
                try
                {
                    var read = CarIndex.Decode(bytes);
                    return read.Entries.Count() == read.Count;
                }
                catch (ContentFormatException refusal)
                {
                    return refusal.Offset >= 0 && refusal.Offset <= bytes.Length;
                }
            },
            iter: Math.Max(2000, Check.Iter));
    }

    private static async Task SurvivesAsync(byte[] bytes)
    {
        try
        {
            var car = await CarTesting.ReadAsync(bytes);
            Assert.All(car.Blocks, block => Assert.Equal(CidVerdict.Match, block.Section.Cid.Verify(block.Bytes)));
        }
        catch (ContentFormatException refusal)
        {
            Assert.InRange(refusal.Offset, 0, bytes.Length);
        }
    }
}

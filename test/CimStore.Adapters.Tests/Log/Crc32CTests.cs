using CimStore.Disk.Log;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

public sealed class Crc32CTests
{
    private const uint Polynomial = 0x82F6_3B78;

    /// <summary>RFC 3720, B.4, and the check value of the catalogue of parametrised CRC algorithms.</summary>
    [Fact]
    public void Gives_the_published_values()
    {
        Assert.Equal(0x8A91_36AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0x62A8_AB43u, Crc32C.Of([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD_794Eu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(value => (byte)value)]));
        Assert.Equal(0x113F_DB5Cu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(value => (byte)(31 - value))]));
        Assert.Equal(0xE306_9283u, Crc32C.Of("123456789"u8));
    }

    /// <summary>Every length up to some strides and blocks and a rest, and begun at any byte of a block.</summary>
    [Fact]
    public void Gives_what_its_definition_gives_for_every_length()
    {
        var bytes = new byte[1200];
        new Random(20).NextBytes(bytes);
        for (var length = 0; length < bytes.Length; length++)
        {
            var some = bytes.AsSpan(length % 64 % (bytes.Length - length), length);
            AssertInEachWay(some);
        }
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(65_536)]
    [InlineData(1_000_003)]
    public void Gives_what_its_definition_gives_for_long_input(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        AssertInEachWay(bytes);
    }

    private static void AssertInEachWay(ReadOnlySpan<byte> bytes)
    {
        var expected = BitByBit(bytes);
        Assert.Equal(expected, Crc32C.Of(bytes));
        foreach (var bits in new[] { 0, 128, 256, 512 })
        {
            if (bits <= Crc32C.ProductBits)
            {
                Assert.Equal(expected, Crc32C.Of(bytes, bits));
            }
        }
    }

    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : Polynomial);
            }
        }

        return ~crc;
    }
}

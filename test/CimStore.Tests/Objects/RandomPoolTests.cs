using CimStore.Objects;
using Xunit;

namespace CimStore.Tests.Objects;

public sealed class RandomPoolTests
{
    [Fact]
    public void No_bytes_are_handed_out_twice()
    {
        var seen = new HashSet<Guid>();
        var bytes = new byte[16];

        for (var i = 0; i < 10_000; i++)
        {
            RandomPool.Fill(bytes);

            Assert.True(seen.Add(new Guid(bytes)));
        }
    }

    [Theory]
    [InlineData(64)]
    [InlineData(4096)]
    [InlineData(4097)]
    public void Any_length_is_filled(int length)
    {
        var bytes = new byte[length];

        RandomPool.Fill(bytes);

        Assert.True(bytes.Distinct().Count() > 1);
    }
}

using System.Buffers;
using CimStore.Content;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Content;

public sealed class UnsignedVarintTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(1, "01")]
    [InlineData(127, "7F")]
    [InlineData(128, "8001")]
    [InlineData(255, "FF01")]
    [InlineData(300, "AC02")]
    [InlineData(16384, "808001")]
    [InlineData(long.MaxValue, "FFFFFFFFFFFFFFFF7F")]
    public void Published_examples_are_written_and_read(long value, string hex)
    {
        Span<byte> buffer = stackalloc byte[UnsignedVarint.SizeMax];

        var size = UnsignedVarint.Write(buffer, (ulong)value);

        Assert.Equal(hex, Convert.ToHexString(buffer[..size]));
        Assert.Equal(size, UnsignedVarint.Size((ulong)value));
        Assert.Equal(OperationStatus.Done, UnsignedVarint.Read(buffer[..size], out var read, out var consumed));
        Assert.Equal((ulong)value, read);
        Assert.Equal(size, consumed);
    }

    [Theory]
    [InlineData("8000", OperationStatus.InvalidData)]
    [InlineData("818000", OperationStatus.InvalidData)]
    [InlineData("FFFFFFFFFFFFFFFFFF01", OperationStatus.InvalidData)]
    [InlineData("FFFFFFFFFFFFFFFFFF", OperationStatus.InvalidData)]
    [InlineData("", OperationStatus.NeedMoreData)]
    [InlineData("80", OperationStatus.NeedMoreData)]
    [InlineData("FFFF", OperationStatus.NeedMoreData)]
    public void Longer_forms_too_many_bytes_and_cut_numbers_are_told_apart(string hex, OperationStatus expected) =>
        Assert.Equal(expected, UnsignedVarint.Read(Convert.FromHexString(hex), out _, out _));

    [Fact]
    public void More_than_63_bits_is_not_written() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => UnsignedVarint.Write(new byte[10], 1UL << 63));

    [Fact]
    public void Reading_undoes_writing() =>
        Gen.ULong[0, UnsignedVarint.ValueMax].Sample(value =>
        {
            var buffer = new byte[UnsignedVarint.SizeMax];
            var size = UnsignedVarint.Write(buffer, value);
            return UnsignedVarint.TryRead(buffer, out var read, out var consumed) && read == value && consumed == size;
        });
}

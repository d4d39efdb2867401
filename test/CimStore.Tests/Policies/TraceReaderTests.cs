using CimStore.Policies;
using Xunit;

namespace CimStore.Tests.Policies;

public sealed class TraceReaderTests
{
    [Fact]
    public void Columns_may_come_in_any_order_with_quotes_and_empty_lines()
    {
        var records = Read("""
            op,"cid",time,size
            put,a,2026-01-01T08:00:00Z,10

            "get","a",2026-01-01T10:00:00.1234567+01:00,
            delete,a,2026-01-01t09:00:00.5z,10
            """.Replace("\n", "\r\n", StringComparison.Ordinal));

        var start = new DateTimeOffset(2026, 1, 1, 8, 0, 0, TimeSpan.Zero);
        Assert.Equal(
        [
            new TraceRecord(start, "a", 10, TraceOperation.Put),
            new TraceRecord(start.AddHours(1).AddTicks(1_234_567), "a", 0, TraceOperation.Get),
            new TraceRecord(start.AddHours(1).AddMilliseconds(500), "a", 10, TraceOperation.Delete),
        ], records);
    }

    [Theory]
    [InlineData("", 1, "the header must name the columns")]
    [InlineData("time,cid,size", 1, "the header must name the columns")]
    [InlineData("time,cid,size,op,op", 1, "the header must name the columns")]
    [InlineData("time,cid,size,op\n\n2026-01-01T08:00:00Z,a,1", 3, "there are 3 fields; required are 4")]
    [InlineData("time,cid,size,op\n2026-01-01 08:00,a,1,put", 2, "\"2026-01-01 08:00\" is not an RFC 3339 time")]
    [InlineData("time,cid,size,op\n2026-01-01T08:00:00,a,1,put", 2, "is not an RFC 3339 time")]
    [InlineData("time,cid,size,op\n2026-02-30T08:00:00Z,a,1,put", 2, "is not an RFC 3339 time")]
    [InlineData("time,cid,size,op\n2026-01-01T08:00:00Z,,1,put", 2, "cid must have 1..255")]
    [InlineData("time,cid,size,op\n2026-01-01T08:00:00Z,a,,put", 2, "\"\" is no size")]
    [InlineData("time,cid,size,op\n2026-01-01T08:00:00Z,a,-1,get", 2, "\"-1\" is no size")]
    [InlineData("time,cid,size,op\n2026-01-01T08:00:00Z,a,1,PUT", 2, "\"PUT\" is no op; allowed are put, get")]
    [InlineData(
        "time,cid,size,op\n2026-01-01T08:00:00Z,a,1,put\n2026-01-01T08:59:59+01:00,a,1,get", 3,
        "times must not go back")]
    public void What_is_wrong_is_told_with_its_line(string text, int line, string expected)
    {
        var problem = Assert.Throws<TraceFormatException>(() => Read(text));

        Assert.Equal(line, problem.Line);
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
    }

    private static List<TraceRecord> Read(string text) => [.. TraceReader.Read(new StringReader(text))];
}

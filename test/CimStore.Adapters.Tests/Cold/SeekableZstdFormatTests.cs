using System.Diagnostics;
using CimStore.Disk.Cold;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Cold;

/// <summary>The stored form is what docs/formats/zstd-seekable.md says, to us and to others.</summary>
[Trait("row", "B11")]
public sealed class SeekableZstdFormatTests
{
    /// <summary>
    /// Put together by hand from the document, RFC 8878 and the low halves of XXH64("abc") = 44BC2CF5AD770999 and
    /// XXH64("a") = D24EC4F1A98C6E5B: two raw blocks, no compressor.
    /// </summary>
    private const string ByHand =
        "28B52FFD 24 03 190000 616263 990977AD"
        + "28B52FFD 24 01 090000 61 5B6E8CA9"
        + "5E2A4D18 21000000"
        + "10000000 03000000 990977AD"
        + "0E000000 01000000 5B6E8CA9"
        + "02000000 80 B1EA928F";

    private static string Digits => ByHand.Replace(" ", "", StringComparison.Ordinal);

    [Fact]
    public async Task A_form_put_together_by_hand_is_read()
    {
        var form = new ColdForm("abca"u8.ToArray(), Convert.FromHexString(Digits));

        await using var reader = await form.OpenedAsync();

        await form.AssertSliceAsync(reader, 0, 10);
    }

    [Fact]
    public async Task The_same_content_is_written_as_the_form_put_together_by_hand()
    {
        var form = await ColdForm.MakeAsync("abca"u8.ToArray(), 3);

        Assert.Equal(Digits, Convert.ToHexString(form.Stored));
    }

    [Fact]
    public async Task Empty_content_is_an_empty_table()
    {
        var form = await ColdForm.MakeAsync([], SeekableZstd.FrameSizeBytes);

        Assert.Equal("5E2A4D18090000000000000080B1EA928F", Convert.ToHexString(form.Stored));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SeekableZstd.FrameSizeBytes)]
    [InlineData((2 * SeekableZstd.FrameSizeBytes) + 5)]
    public async Task The_zstd_program_inflates_the_whole(int sizeBytes)
    {
        foreach (var content in new[] { ColdForm.Text(sizeBytes, 1), Samples.Bytes(sizeBytes, 1) })
        {
            var form = await ColdForm.MakeAsync(content, SeekableZstd.FrameSizeBytes);

            Assert.Equal(content, await InflateByZstdAsync(form.Stored));
        }
    }

    private static async Task<byte[]> InflateByZstdAsync(byte[] stored)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo("zstd", ["-d", "-c", "-q"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var zstd = StartOrSkip(start);
        var inflated = new MemoryStream();
        var output = zstd.StandardOutput.BaseStream.CopyToAsync(inflated, cancellationToken);
        var error = zstd.StandardError.ReadToEndAsync(cancellationToken);
        await zstd.StandardInput.BaseStream.WriteAsync(stored, cancellationToken);
        zstd.StandardInput.Close();
        await Task.WhenAll(output, error, zstd.WaitForExitAsync(cancellationToken));
        Assert.Equal((0, ""), (zstd.ExitCode, await error));
        return inflated.ToArray();
    }

    /// <summary>Where the program is not installed the test is skipped; CI counts that as a failure.</summary>
    private static Process StartOrSkip(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            Assert.Skip($"The zstd program is not installed: {exception.Message}");
            throw;
        }
    }
}

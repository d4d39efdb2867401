using System.Text;
using CimStore.Disk.Cold;
using Xunit;

namespace CimStore.Adapters.Tests.Cold;

/// <summary>A stored form in memory, which counts what is read of it.</summary>
internal sealed class ColdForm(byte[] content, byte[] stored)
{
    private int _readCount;

    public byte[] Content { get; } = content;

    public byte[] Stored { get; set; } = stored;

    public ColdSizes Sizes => new(Content.Length, Stored.Length);

    public int ReadCount => Volatile.Read(ref _readCount);

    public bool IsGone { get; set; }

    /// <summary>The most that one read gives; the rest is to be asked for again.</summary>
    public int ReadSizeMaxBytes { get; set; } = int.MaxValue;

    /// <summary>Asked before each read, with its offset.</summary>
    public Func<long, Task> BeforeRead { get; set; } = _ => Task.CompletedTask;

    public static async Task<ColdForm> MakeAsync(byte[] content, int frameSizeBytes, int pushedBytes = int.MaxValue)
    {
        var stored = new MemoryStream();
        using var writer = new SeekableZstdWriter(stored.WriteAsync, frameSizeBytes);
        for (var offset = 0; offset < content.Length;)
        {
            var length = Math.Min(pushedBytes, content.Length - offset);
            await writer.WriteAsync(content.AsMemory(offset, length), CancellationToken.None);
            offset += length;
        }

        var sizes = await writer.FinishAsync(CancellationToken.None);
        var form = new ColdForm(content, stored.ToArray());
        Assert.Equal(form.Sizes, sizes);
        return form;
    }

    /// <summary>Words in an order that the seed gives: shrinks to a fourth or so.</summary>
    public static byte[] Text(int sizeBytes, int seed)
    {
        string[] words = ["content ", "copy ", "journal ", "released ", "object\n", "tier ", "frame ", "17, ", "the "];
        var random = new Random(seed);
        var text = new StringBuilder(sizeBytes + 16);
        while (text.Length < sizeBytes)
        {
            text.Append(words[random.Next(words.Length)]);
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, sizeBytes));
    }

    public async ValueTask<int?> ReadStoredAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Interlocked.Increment(ref _readCount);
        await BeforeRead(offset);
        if (IsGone)
        {
            return null;
        }

        var from = (int)Math.Min(offset, Stored.Length);
        var length = Math.Min(Math.Min(destination.Length, ReadSizeMaxBytes), Stored.Length - from);
        var bytes = Stored.AsMemory(from, length);
        bytes.CopyTo(destination);
        return bytes.Length;
    }

    public ValueTask<SeekableZstdReader?> OpenAsync(ColdSizes? sizes = null) =>
        SeekableZstdReader.OpenAsync(ReadStoredAsync, sizes ?? Sizes, CancellationToken.None);

    public async Task<SeekableZstdReader> OpenedAsync() =>
        await OpenAsync() ?? throw new InvalidOperationException("The form is gone.");

    public async Task AssertSliceAsync(SeekableZstdReader reader, long offset, int length)
    {
        var expected = Content.Skip((int)Math.Min(offset, int.MaxValue)).Take(length).ToArray();
        var actual = await SliceAsync(reader, offset, length);
        Assert.NotNull(actual);
        Assert.True(expected.AsSpan().SequenceEqual(actual), $"{length} bytes at {offset} are not the content's");
    }

    /// <returns>Null when the copy is gone.</returns>
    public static async Task<byte[]?> SliceAsync(SeekableZstdReader reader, long offset, int length)
    {
        var bytes = new byte[length];
        var count = await reader.ReadAsync(offset, bytes, CancellationToken.None);
        return count is null ? null : bytes[..count.Value];
    }
}

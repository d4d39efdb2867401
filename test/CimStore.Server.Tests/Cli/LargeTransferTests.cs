using System.Net.Http.Json;
using System.Security.Cryptography;
using CimStore.Engine;
using CimStore.Http;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>Content far larger than the memory that a node may take.</summary>
public sealed class LargeTransferTests : IDisposable
{
    private const long SizeBytes = 1L << 30;
    private const long ResidentMaxBytes = 200L << 20;

    private readonly Cimstore _program = new();

    public void Dispose() => _program.Dispose();

    [Fact, Trait("row", "J2")]
    public async Task A_GiB_goes_up_and_comes_down_in_bounded_memory()
    {
        await using var node = await ServedStore.StartAsync(_program);
        using var http = new HttpClient
        {
            BaseAddress = new Uri(node.Address), Timeout = Timeout.InfiniteTimeSpan,
        };

        using var sent = new SeededStream(SizeBytes);
        using var stored = await http.PostAsync("/api/v1/content", new StreamContent(sent), Token);
        var result = await stored.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(
            WireJson.Of<StoreResult>(), Token);
        await using var read = await http.GetStreamAsync(stored.Headers.Location, Token);
        var hash = await SHA256.HashDataAsync(read, Token);

        Assert.Equal(SizeBytes, result!.SizeBytes);
        using var again = new SeededStream(SizeBytes);
        Assert.Equal(await SHA256.HashDataAsync(again, Token), hash);
        var peak = node.ResidentPeakBytes();
        Assert.True(peak <= ResidentMaxBytes, $"{peak >> 20} MiB were resident.");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>No two blocks alike, and nothing kept.</summary>
    private sealed class SeededStream(long size) : Stream
    {
        private readonly byte[] _block = Make();
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => size;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var within = (int)(_position % _block.Length);
            if (within == 0)
            {
                BitConverter.TryWriteBytes(_block, _position);
            }

            var count = (int)Math.Min(Math.Min(buffer.Length, _block.Length - within), size - _position);
            _block.AsSpan(within, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private static byte[] Make()
        {
            var block = new byte[1 << 16];
            new Random(1).NextBytes(block);
            return block;
        }
    }
}

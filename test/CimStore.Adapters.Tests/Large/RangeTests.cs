using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using CimStore.Disk;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Large;

/// <summary>Ranges of a GiB: proved, and without a look at the rest.</summary>
public sealed class RangeTests
{
    private const long SizeBytes = (1L << 30) + 12_345;
    private const int BlockBytes = 1 << 20;
    private const int GroupBytes = 16 << 10;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_range_of_a_GiB_is_proved_without_reading_the_whole()
    {
        using var directory = new TempDirectory();
        await using var store = await Sample.OpenAsync(directory);
        var location = new CountingLocation(store);
        var ports = StorageNodePorts.Of(store) with { Locations = [location] };
        await using var node = await StorageNode.OpenAsync(
            ports, TimeProvider.System, new IdSource(TimeProvider.System), new StorageNodeOptions(), null, Token);
        var stored = await node.StoreAsync(
            PipeReader.Create(new BlockStream(), new StreamPipeReaderOptions(bufferSize: BlockBytes)),
            new StoreRequest { LengthBytes = SizeBytes }, Token);
        (long Offset, int Length)[] ranges =
        [
            (0, 1), (0, BlockBytes), ((1 << 29) - 7, 100_000), ((1 << 20) - 1, 2), (SizeBytes - 12_346, 12_346),
            (SizeBytes - 1, 1), (777_777_777, 3_000_000),
        ];

        foreach (var (offset, length) in ranges)
        {
            location.ContentBytes = location.TreeBytes = 0;
            await using var reader = await node.OpenAsync(stored.Cid, RetrieveRequest.Default, Token);
            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));

            await reader!.CopyToAsync(pipe.Writer, offset, length, Token);

            await pipe.Writer.CompleteAsync();
            var read = await pipe.Reader.ReadAtLeastAsync(length + 1, Token);
            Assert.Equal(Expected(offset, length), read.Buffer.ToArray());

            // Whole groups, and of the tree one way down for every 256 KiB: 65,537 groups have 17 levels.
            Assert.InRange(location.ContentBytes, length, length + (2 * GroupBytes));
            Assert.InRange(location.TreeBytes, 64, 64 * 17 * ((length / (256 << 10)) + 2));
        }
    }

    private static byte[] Expected(long offset, int length)
    {
        var bytes = new byte[length];
        BlockStream.Fill(offset, bytes);
        return bytes;
    }

    /// <summary>Content that follows from the offset alone.</summary>
    private sealed class BlockStream : Stream
    {
        private static readonly byte[] Block = Sample.Bytes(1, BlockBytes);
        private long _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _at; set => throw new NotSupportedException(); }

        public static void Fill(long offset, Span<byte> destination)
        {
            Span<byte> stamp = stackalloc byte[sizeof(long)];
            while (!destination.IsEmpty)
            {
                var within = (int)(offset % BlockBytes);
                var count = Math.Min(destination.Length, BlockBytes - within);
                Block.AsSpan(within, count).CopyTo(destination);

                // No two blocks are alike: each begins with its number.
                BinaryPrimitives.WriteInt64LittleEndian(stamp, offset / BlockBytes);
                var stamped = Math.Clamp(sizeof(long) - within, 0, count);
                stamp.Slice(Math.Min(within, sizeof(long)), stamped).CopyTo(destination);
                offset += count;
                destination = destination[count..];
            }
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var length = (int)Math.Min(count, SizeBytes - _at);
            Fill(_at, buffer.AsSpan(offset, length));
            _at += length;
            return length;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class CountingLocation(DiskStore store) : LocationOver(store)
    {
        private long _contentBytes;
        private long _treeBytes;

        public long ContentBytes { get => _contentBytes; set => _contentBytes = value; }

        public long TreeBytes { get => _treeBytes; set => _treeBytes = value; }

        public override async ValueTask<int?> ReadAsync(
            ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            var read = await base.ReadAsync(key, copy, offset, destination, cancellationToken);
            Interlocked.Add(ref _contentBytes, read ?? 0);
            return read;
        }

        public override async ValueTask<int?> ReadTreeAsync(
            ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            var read = await base.ReadTreeAsync(key, copy, offset, destination, cancellationToken);
            Interlocked.Add(ref _treeBytes, read ?? 0);
            return read;
        }
    }
}

using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Files;

/// <summary>Writes past the page cache, beside reads and writes through it.</summary>
public sealed class BulkWriteTests : IDisposable
{
    private const int BlockBytes = 4096;

    private readonly string _directory = Directory.CreateTempSubdirectory("cimstore-bulk-").FullName;
    private readonly PosixDisk _disk = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_bulk_takes_is_what_a_reader_of_the_page_cache_sees()
    {
        using var file = _disk.Create(Path.Combine(_directory, "one"));
        file.Allocate(8 * BlockBytes);
        var before = Filled(8 * BlockBytes, 1);
        file.WriteFully(before.Span, 0);
        Assert.Equal(8 * BlockBytes, file.Read(new byte[8 * BlockBytes], 0));

        // In the cache, and dirty: neither may hide what follows.
        var bulk = Filled(4 * BlockBytes, 2);
        WriteAll(file, bulk, 2 * BlockBytes);

        var read = new byte[8 * BlockBytes];
        Assert.Equal(read.Length, file.Read(read, 0));
        Assert.Equal([.. before.Span[..(2 * BlockBytes)], .. bulk.Span, .. before.Span[(6 * BlockBytes)..]], read);
    }

    [Fact]
    public void What_is_not_aligned_is_left_to_an_ordinary_write()
    {
        using var file = _disk.Create(Path.Combine(_directory, "one"));
        var bytes = Filled(2 * BlockBytes, 1);

        Assert.Equal(0, file.WriteBulk(bytes.Span[1..(BlockBytes + 1)], 0));
        Assert.Equal(0, file.WriteBulk(bytes.Span[..BlockBytes], 1));
        Assert.Equal(0, file.WriteBulk(bytes.Span[..(BlockBytes - 1)], 0));
        Assert.Equal(0, file.Length);
    }

    [Fact]
    public void It_goes_to_the_open_file_whatever_its_name_stands_for_by_now()
    {
        var path = Path.Combine(_directory, "one");
        using var file = _disk.Create(path);
        _disk.Rename(path, path + ".moved");
        using var other = _disk.Create(path);

        WriteAll(file, Filled(BlockBytes, 3), 0);

        Assert.Equal(BlockBytes, file.Length);
        Assert.Equal(0, other.Length);
    }

    [Fact]
    public async Task Large_and_small_writes_of_the_log_are_read_and_replayed_alike()
    {
        var directory = Path.Combine(_directory, "log");
        var store = new Guid("00112233-4455-6677-8899-aabbccddeeff");
        var options = new LogOptions { SegmentBytes = 16 << 20 };
        var writes = Enumerable.Range(0, 12)
            .Select(number => new TestWrite(TestRecord.Numbered(number, number % 2 == 0 ? 4 << 20 : 5000)))
            .ToArray();
        await using (var log = Open(new RecordingProjection()))
        {
            foreach (var write in writes)
            {
                await log.CommitAsync(write, TestContext.Current.CancellationToken);
                AssertReadable(log, write);
            }
        }

        var replayed = new RecordingProjection();
        await using var again = Open(replayed);

        Assert.Empty(replayed.Findings);
        Assert.Equal(writes.Length, replayed.Records.Count);
        Assert.All(writes, write => AssertReadable(again, write));

        ContentLog Open(RecordingProjection projection) =>
            ContentLog.Open(_disk, directory, store, null, projection, options, TimeProvider.System);
    }

    private static void AssertReadable(ContentLog log, TestWrite write)
    {
        var entry = write.Entries[0];
        var buffer = new byte[entry.Position.LengthBytes];
        Assert.True(log.TryRead(entry.Position, buffer, provePayload: true, out var found));
        Assert.True(write.Records[0].Matches(SeenRecord.From(found)));
    }

    private static void WriteAll(IDiskFile file, ReadOnlyMemory<byte> bytes, long offset)
    {
        var taken = file.WriteBulk(bytes.Span, offset);
        file.WriteFully(bytes.Span[taken..], offset + taken);
    }

    private static unsafe Memory<byte> Filled(int sizeBytes, byte value)
    {
        var array = GC.AllocateArray<byte>(sizeBytes + BlockBytes, pinned: true);
        fixed (byte* start = array)
        {
            var memory = array.AsMemory((int)((BlockBytes - ((nuint)start % BlockBytes)) % BlockBytes), sizeBytes);
            memory.Span.Fill(value);
            return memory;
        }
    }
}

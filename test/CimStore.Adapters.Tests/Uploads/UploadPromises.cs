using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CimStore.Disk.Uploads;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Uploads;

/// <summary>What the clients of uploads were told: that they exist, and how much of them has arrived.</summary>
internal sealed class UploadPromises
{
    public const string Folder = "/data/uploads";

    private static readonly DateTimeOffset Start = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, long> _told = [];

    public static byte[] Content(string id, long length) =>
        [.. Enumerable.Range(0, (int)length).Select(index => (byte)((index * 7) + id[0] + (index >> 8)))];

    /// <summary>Two uploads, parts of several sizes, an answer after each, one finished.</summary>
    public static Task LiveAsync(SimulatedDisk disk, UploadPromises promises)
    {
        var uploads = new StagedUploads(disk, Folder);
        using var first = promises.Create(uploads, "a");
        promises.Append(first, 0, 700, 1200);
        using var second = promises.Create(uploads, "b");
        promises.Append(second, 0, 1);
        promises.Append(first, 1900, 40);
        promises.Append(second, 1, 5000);
        first.Finish("done"u8);
        promises._told["a"] = -1;
        return Task.CompletedTask;
    }

    /// <summary>What a process that died left is found, built upon, and then the power goes.</summary>
    public static async Task DieAndLiveAsync(SimulatedDisk disk, UploadPromises promises)
    {
        var uploads = new StagedUploads(disk, Folder);
        using var written = promises.Create(uploads, "a");
        written.Append(Bytes("a", 0, 900), Start);

        // Written, never synced: the process is killed here, and the next one finds it.
        var found = Assert.Single(new StagedUploads(disk, Folder).Load().Uploads);
        promises._told["a"] = found.Sync();
        Assert.Equal(900, promises._told["a"]);
        promises.Append(found, 900, 300);
        await Task.CompletedTask;
    }

    public async Task VerifyAsync(SimulatedDisk left, int seed)
    {
        _ = seed;
        var found = new StagedUploads(left, Folder).Load();

        // A power cut never looks like rot, whatever it leaves.
        Assert.Empty(found.Unreadable);
        var loaded = found.Uploads.ToDictionary(static upload => upload.Id);
        foreach (var (id, told) in _told)
        {
            Assert.True(loaded.ContainsKey(id), $"Upload {id} is gone.");
            if (Encoding.UTF8.GetString(loaded[id].Terms.Span) == "done")
            {
                Assert.Equal("a", id);
                continue;
            }

            Assert.Equal("terms of " + id, Encoding.UTF8.GetString(loaded[id].Terms.Span));
            Assert.True(told >= 0, $"Upload {id} was finished.");
            var offset = loaded[id].Sync();
            Assert.True(offset >= told, $"Upload {id} stands at {offset}; {told} was told.");
            Assert.Equal(Content(id, offset), await ReadAsync(loaded[id]));
        }
    }

    public static async Task<byte[]> ReadAsync(StagedUpload upload)
    {
        using var memory = new MemoryStream();
        var writer = PipeWriter.Create(memory, new StreamPipeWriterOptions(leaveOpen: true));
        await upload.CopyToAsync(writer, TestContext.Current.CancellationToken);
        await writer.CompleteAsync();
        return memory.ToArray();
    }

    public static ReadOnlySequence<byte> Bytes(string id, long offset, long length) =>
        new(Content(id, offset + length).AsMemory((int)offset));

    private StagedUpload Create(StagedUploads uploads, string id)
    {
        var upload = uploads.Create(id, Encoding.UTF8.GetBytes("terms of " + id), Start);
        _told[id] = 0;
        return upload;
    }

    private void Append(StagedUpload upload, long offset, params int[] lengths)
    {
        foreach (var length in lengths)
        {
            upload.Append(Bytes(upload.Id, offset, length), Start.AddSeconds(offset));
            offset += length;
        }

        _told[upload.Id] = upload.Sync();
        Assert.Equal(offset, _told[upload.Id]);
    }
}

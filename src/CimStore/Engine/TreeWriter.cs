using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace CimStore.Engine;

/// <summary>
/// Stores a directory tree (D35). Small files travel in batches, two of which may be under way while the next is read;
/// large ones are streamed. Files come out in the order of their paths, the root last. What cannot be read is told and
/// left out, and takes nothing else with it.
/// </summary>
public sealed class TreeWriter
{
    /// <summary>So many, or 8 MiB: one append of the engine, and one request over HTTP.</summary>
    private const int BatchItemsMax = 128;

    private const int BatchSizeMaxBytes = StorageNode.PartSizeMaxBytes;
    private const int SmallSizeMaxBytes = 1 << 20;

    /// <summary>2 under way, 1 about to be and 1 being filled: 32 MiB.</summary>
    private const int BatchesInFlightMax = 2;

    private const int StreamBufferSizeBytes = 1 << 20;
    private const int MinimumReadSizeBytes = StreamBufferSizeBytes / 4;
    private const int DepthMax = 512;

    private readonly IStorageClient _client;
    private readonly StoreRequest _request;
    private readonly Queue<(TreeBatch Batch, Task Stored)> _inFlight = new();
    private readonly Stack<byte[]> _spares = new();
    private TreeBatch _batch = new();

    /// <param name="client">Where to.</param>
    /// <param name="request">How each file is stored; a message id becomes the correlation of them all.</param>
    public TreeWriter(IStorageClient client, StoreRequest request)
    {
        var identity = request.Identity;
        _client = client;
        _request = request with
        {
            ExpectedCid = null,
            LengthBytes = null,
            Identity = identity with
            {
                MessageId = null,
                CorrelationId = identity.CorrelationId ?? identity.MessageId,
                CausationId = identity.CausationId ?? identity.MessageId,
            },
        };
    }

    /// <exception cref="IOException">The path itself is no directory that can be read.</exception>
    public async IAsyncEnumerable<TreeItem> WriteAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Trees are stored by the raw names of Linux file systems.");
        }

        var rootName = Encoding.UTF8.GetBytes(path);
        var root = TreeFrame.Open(PosixFile.CurrentDirectory, rootName, null, followLink: true);
        var frames = new Stack<TreeFrame>([root]);
        try
        {
            while (frames.TryPeek(out var frame))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!frame.TryNext(out var name))
                {
                    frames.Pop().Close();
                    Finish(frame);
                }
                else
                {
                    await AddAsync(frame, name, frames, cancellationToken);
                }

                if (_batch.NodeCount >= BatchItemsMax || _batch.NodesSizeBytes >= SmallSizeMaxBytes)
                {
                    Rotate(withNodes: true, cancellationToken);
                }

                foreach (var item in await DrainAsync(BatchesInFlightMax))
                {
                    yield return item;
                }
            }

            // Finished directories become nodes, whose storing finishes nothing further: two rounds empty everything.
            for (var round = 0; round < 2; round++)
            {
                Rotate(withNodes: true, cancellationToken);
                foreach (var item in await DrainAsync(0))
                {
                    yield return item;
                }
            }
        }
        finally
        {
            while (frames.TryPop(out var frame))
            {
                frame.Close();
            }

            await AbandonAsync();
        }

        yield return new TreeItem(default, DirectoryEntryKind.Directory, root.Node, 0, null);
    }

    private async ValueTask AddAsync(
        TreeFrame frame, byte[] name, Stack<TreeFrame> frames, CancellationToken cancellationToken)
    {
        var path = frame.PathOf(name);
        var kind = DirectoryEntryKind.File;
        try
        {
            var status = PosixFile.Status(frame.Descriptor, name);
            kind = status.IsDirectory ? DirectoryEntryKind.Directory
                : status.IsLink ? DirectoryEntryKind.Link : DirectoryEntryKind.File;
            var entry = new DirectoryEntry(
                name, kind, status.Permissions, status.ModifiedNanoseconds, 0, null, default);
            if (status.IsDirectory)
            {
                AddDirectory(frame, entry, frames);
            }
            else if (status.IsLink)
            {
                frame.Add(entry with { Target = PosixFile.ReadLink(frame.Descriptor, name) });
                _batch.Tell(new TreeItem(path, kind, null, 0, null));
            }
            else if (status.IsFile)
            {
                await AddFileAsync(frame, entry, path, status.SizeBytes, cancellationToken);
            }
            else
            {
                throw new IOException("neither a file, a directory nor a symbolic link");
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or RefusedException)
        {
            // This one is left out and told; everything else goes on.
            _batch.Tell(new TreeItem(path, kind, null, 0, fault.Message));
        }
    }

    private static void AddDirectory(TreeFrame frame, DirectoryEntry entry, Stack<TreeFrame> frames)
    {
        if (frames.Count >= DepthMax)
        {
            throw new IOException($"directories are nested more than {DepthMax} deep");
        }

        var below = TreeFrame.Open(frame.Descriptor, entry.Name.Span, frame, followLink: false);
        below.Slot = frame.Add(entry);
        frame.Pending++;
        frames.Push(below);
    }

    private async ValueTask AddFileAsync(
        TreeFrame frame, DirectoryEntry entry, byte[] path, long sizeBytes, CancellationToken cancellationToken)
    {
        using var file = PosixFile.OpenFile(frame.Descriptor, entry.Name.Span);
        if (sizeBytes > SmallSizeMaxBytes)
        {
            await StreamAsync(frame, entry, path, file, cancellationToken);
            return;
        }

        if (!_batch.HasRoomFor((int)sizeBytes, BatchItemsMax, BatchSizeMaxBytes))
        {
            Rotate(withNodes: false, cancellationToken);
        }

        // A byte more than it says: a file that grew past the limit meanwhile is then streamed instead.
        _batch.Buffer ??= RentBuffer();
        var size = PosixFile.ReadWhole(file, _batch.Room((int)sizeBytes + 1), entry.Name.Span);
        if (size > sizeBytes)
        {
            await StreamAsync(frame, entry, path, file, cancellationToken);
            return;
        }

        var slot = frame.Add(entry with { SizeBytes = size });
        frame.Pending++;
        _batch.Add(frame, slot, path, size);
    }

    /// <summary>One for each batch, used again: fresh memory costs more than to read into it.</summary>
    private byte[] RentBuffer() => _spares.TryPop(out var spare)
        ? spare
        : GC.AllocateUninitializedArray<byte>(BatchSizeMaxBytes + 1);

    private void ReturnBuffer(TreeBatch batch)
    {
        if (batch.Buffer is { } buffer)
        {
            _spares.Push(buffer);
            batch.Buffer = null;
        }
    }

    private async ValueTask StreamAsync(
        TreeFrame frame, DirectoryEntry entry, byte[] path, SafeFileHandle file,
        CancellationToken cancellationToken)
    {
        // No length is announced: a file may grow while it is read, and then is stored as it was read.
        var content = PipeReader.Create(
            new FileStream(file, FileAccess.Read, 0, isAsync: false),
            new StreamPipeReaderOptions(bufferSize: StreamBufferSizeBytes, minimumReadSize: MinimumReadSizeBytes));
        var stored = await _client.StoreAsync(content, _request, cancellationToken);
        frame.Add(entry with { SizeBytes = stored.SizeBytes, Cid = stored.Cid });
        _batch.Tell(new TreeItem(path, DirectoryEntryKind.File, stored.Cid, stored.SizeBytes, null));
    }

    /// <summary>A directory that was walked and whose files are stored becomes a node; so may its parents.</summary>
    private void Finish(TreeFrame frame)
    {
        for (var done = frame; done is { IsWalked: true, Pending: 0, Node: null }; done = done.Parent)
        {
            // Files that were refused are told, and are not in the directory.
            done.Entries.RemoveAll(entry => entry.Cid is null && entry.Kind != DirectoryEntryKind.Link);
            foreach (var (cid, bytes) in DirectoryNode.Encode(done.Entries))
            {
                _batch.AddNode(bytes);
                done.Node = cid;
            }

            if (done.Parent is { } parent)
            {
                parent.Entries[done.Slot] = parent.Entries[done.Slot] with { Cid = done.Node };
                parent.Pending--;
            }
        }
    }

    /// <summary>Starts storing what was gathered and begins a new batch.</summary>
    private void Rotate(bool withNodes, CancellationToken cancellationToken)
    {
        var full = _batch;

        // Nodes are another request and so another sync: they wait until there are many of them, or no more files.
        _batch = withNodes ? new TreeBatch() : full.Next();

        // On another thread on purpose: hashing and committing this batch goes on while the next files are read.
        var stored = Task.Run(() => full.StoreAsync(_client, _request, cancellationToken), cancellationToken);
        _inFlight.Enqueue((full, stored));
    }

    /// <returns>The items of the oldest batches, once no more than <paramref name="left"/> are in flight.</returns>
    private async ValueTask<List<TreeItem>> DrainAsync(int left)
    {
        var items = new List<TreeItem>();
        while (_inFlight.Count > left)
        {
            var (batch, stored) = _inFlight.Peek();
            await stored;
            _inFlight.Dequeue();
            items.AddRange(batch.Items());
            foreach (var frame in batch.Resolve())
            {
                Finish(frame);
            }

            ReturnBuffer(batch);
        }

        return items;
    }

    /// <summary>After a failure: nothing is told any more, but nothing is left under way either.</summary>
    private async ValueTask AbandonAsync()
    {
        while (_inFlight.TryDequeue(out var pair))
        {
            await pair.Stored.ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        _spares.Clear();
        _batch = new TreeBatch();
    }
}

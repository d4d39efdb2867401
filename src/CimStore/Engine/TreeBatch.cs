using System.Buffers;
using CimStore.Content;

namespace CimStore.Engine;

/// <summary>Small files, and nodes of finished directories, that are stored together.</summary>
internal sealed class TreeBatch
{
    private const int NodesPerRequestMax = 64;

    private readonly List<File> _files = [];
    private List<byte[]> _nodes = [];

    // In the order of the walk; a file's line is filled in when it is stored.
    private readonly List<TreeItem> _items = [];
    private int _sizeBytes;

    /// <summary>Holds the files one after the other; null until the first comes.</summary>
    public byte[]? Buffer { get; set; }

    public int NodeCount => _nodes.Count;

    public int NodesSizeBytes { get; private set; }

    public bool HasRoomFor(int sizeBytes, int itemsMax, int sizeMaxBytes) =>
        _files.Count < itemsMax && (_files.Count == 0 || _sizeBytes + sizeBytes <= sizeMaxBytes);

    public void Tell(TreeItem item) => _items.Add(item);

    /// <summary>Where the next file is read to.</summary>
    public Span<byte> Room(int sizeBytes) => Buffer.AsSpan(_sizeBytes, sizeBytes);

    /// <summary>A file that was read to where there was room.</summary>
    public void Add(TreeFrame frame, int slot, byte[] path, int sizeBytes)
    {
        _files.Add(new File(frame, slot, _sizeBytes, sizeBytes, _items.Count));
        _items.Add(new TreeItem(path, DirectoryEntryKind.File, null, sizeBytes, null));
        _sizeBytes += sizeBytes;
    }

    public void AddNode(byte[] bytes)
    {
        _nodes.Add(bytes);
        NodesSizeBytes += bytes.Length;
    }

    /// <summary>A batch without files, which takes the nodes over from this one.</summary>
    public TreeBatch Next()
    {
        var next = new TreeBatch { _nodes = _nodes, NodesSizeBytes = NodesSizeBytes };
        (_nodes, NodesSizeBytes) = ([], 0);
        return next;
    }

    public async Task StoreAsync(IStorageClient client, StoreRequest request, CancellationToken cancellationToken)
    {
        if (_files.Count > 0)
        {
            var items = _files.ConvertAll(
                file => new StoreItem(new ReadOnlySequence<byte>(Buffer!, file.Start, file.SizeBytes)));
            var results = await client.StoreManyAsync(items, request, cancellationToken);
            for (var index = 0; index < results.Count; index++)
            {
                var line = _files[index].Line;
                _items[line] = results[index] is { Stored: { } stored }
                    ? _items[line] with { Cid = stored.Cid }
                    : _items[line] with { Error = results[index].Refused!.Message };
            }
        }

        if (_nodes.Count > 0)
        {
            await StoreNodesAsync(client, request, cancellationToken);
        }
    }

    public IEnumerable<TreeItem> Items() => _items;

    /// <summary>Fills in what was stored, and takes out what was refused.</summary>
    /// <returns>The directories it was about.</returns>
    public IEnumerable<TreeFrame> Resolve()
    {
        foreach (var file in _files)
        {
            var cid = _items[file.Line].Cid;
            file.Frame.Entries[file.Slot] = file.Frame.Entries[file.Slot] with { Cid = cid };
            file.Frame.Pending--;
        }

        return _files.Select(file => file.Frame).Distinct();
    }

    private async ValueTask StoreNodesAsync(
        IStorageClient client, StoreRequest request, CancellationToken cancellationToken)
    {
        // The tree's own names are always BLAKE3: parents were encoded with them already.
        var own = request with { Codec = Codecs.DagCbor, HashFunction = HashFunctions.Blake3 };
        foreach (var part in _nodes.Chunk(NodesPerRequestMax))
        {
            var items = Array.ConvertAll(part, node => new StoreItem(new ReadOnlySequence<byte>(node)));
            var results = await client.StoreManyAsync(items, own, cancellationToken);
            if (results.FirstOrDefault(result => result.Refused is not null) is { Refused: { } refusal })
            {
                throw new RefusedException(refusal);
            }
        }
    }

    private sealed record File(TreeFrame Frame, int Slot, int Start, int SizeBytes, int Line);
}

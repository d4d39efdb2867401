using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;

namespace CimStore.Content;

/// <summary>
/// Writes content as a UnixFS file while it flows: raw leaves and a balanced tree of dag-pb nodes above them. Holds one
/// leaf and one row of links per level.
/// </summary>
public sealed class UnixFsWriter
{
    private readonly BlockSink _sink;
    private readonly UnixFsWriterOptions _options;
    private readonly List<List<Part>> _levels = [];
    private readonly ArrayBufferWriter<byte> _data = new();
    private readonly ArrayBufferWriter<byte> _node = new();
    private long _blockCount;

    private UnixFsWriter(BlockSink sink, UnixFsWriterOptions options)
    {
        _sink = sink;
        _options = options;
    }

    /// <summary>Reads the content to its end and emits every block, children before parents, the root last.</summary>
    public static async ValueTask<UnixFsFile> WriteAsync(
        PipeReader content, BlockSink sink, UnixFsWriterOptions options, CancellationToken cancellationToken)
    {
        var writer = new UnixFsWriter(sink, options);
        var leaf = ArrayPool<byte>.Shared.Rent(options.LeafSizeBytes);
        try
        {
            var input = new ContentInput(content);
            int size;
            do
            {
                size = await input.ReadAsync(leaf.AsMemory(0, options.LeafSizeBytes), cancellationToken);
                if (size > 0 || input.Offset == 0)
                {
                    await writer.AddLeafAsync(leaf.AsMemory(0, size), cancellationToken);
                }
            }
            while (size == options.LeafSizeBytes);

            var root = await writer.FinishAsync(cancellationToken);
            return new UnixFsFile(root.Cid, input.Offset, writer._blockCount);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(leaf);
        }
    }

    private async ValueTask AddLeafAsync(ReadOnlyMemory<byte> leaf, CancellationToken cancellationToken)
    {
        var cid = Cid.Of(Codecs.Raw, leaf.Span, _options.HashFunction);
        await EmitAsync(cid, leaf, cancellationToken);
        await AddAsync(0, new Part(cid, (ulong)leaf.Length, (ulong)leaf.Length), cancellationToken);
    }

    /// <summary>A full row becomes a node only when another part comes: the last row may be the root's.</summary>
    private async ValueTask AddAsync(int level, Part part, CancellationToken cancellationToken)
    {
        if (level == _levels.Count)
        {
            _levels.Add([]);
        }

        if (_levels[level].Count == _options.LinksMax)
        {
            await AddAsync(level + 1, await EmitRowAsync(level, cancellationToken), cancellationToken);
        }

        _levels[level].Add(part);
    }

    private async ValueTask<Part> FinishAsync(CancellationToken cancellationToken)
    {
        for (var level = 0; ; level++)
        {
            var isTop = level == _levels.Count - 1;
            if (isTop && _levels[level].Count == 1)
            {
                return _levels[level][0];
            }

            await AddAsync(level + 1, await EmitRowAsync(level, cancellationToken), cancellationToken);
        }
    }

    private async ValueTask<Part> EmitRowAsync(int level, CancellationToken cancellationToken)
    {
        var row = _levels[level];
        var (size, cumulative) = Build(CollectionsMarshal.AsSpan(row));
        row.Clear();
        var cid = Cid.Of(Codecs.DagPb, _node.WrittenSpan, _options.HashFunction);
        await EmitAsync(cid, _node.WrittenMemory, cancellationToken);
        return new Part(cid, size, cumulative + (ulong)_node.WrittenCount);
    }

    private (ulong SizeBytes, ulong CumulativeBytes) Build(ReadOnlySpan<Part> row)
    {
        var links = new DagPbLink[row.Length];
        var sizes = new ulong[row.Length];
        var (size, cumulative) = (0UL, 0UL);
        for (var index = 0; index < row.Length; index++)
        {
            links[index] = new DagPbLink(row[index].Cid, "", row[index].CumulativeBytes);
            sizes[index] = row[index].SizeBytes;
            size += row[index].SizeBytes;
            cumulative += row[index].CumulativeBytes;
        }

        _data.ResetWrittenCount();
        _node.ResetWrittenCount();
        UnixFsNode.WriteFileData(_data, size, sizes);
        DagPb.Encode(links, hasData: true, _data.WrittenSpan, _node);
        return (size, cumulative);
    }

    private ValueTask EmitAsync(Cid cid, ReadOnlyMemory<byte> block, CancellationToken cancellationToken)
    {
        _blockCount++;
        return _sink(cid, new ReadOnlySequence<byte>(block), cancellationToken);
    }

    /// <summary>A leaf or a node: the content under it, and the blocks it takes with all below it.</summary>
    private readonly record struct Part(Cid Cid, ulong SizeBytes, ulong CumulativeBytes);
}

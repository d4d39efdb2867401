using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace CimStore.Content;

/// <summary>
/// Reads UnixFS as other tools write it: files of raw or dag-pb leaves in any tree, data within nodes, directories, and
/// sharded directories as a listing.
/// </summary>
public sealed class UnixFsReader(BlockSource source)
{
    /// <summary>
    /// Deepest tree that is followed. With 174 links and 256 KiB leaves, 5 levels hold 40 PB; chains of single links
    /// occur in no tool's output.
    /// </summary>
    public const int DepthMax = 32;

    private const string Format = "UnixFS";

    /// <summary>Looks at one node.</summary>
    /// <exception cref="ContentFormatException">The block is absent or is not UnixFS.</exception>
    public async ValueTask<UnixFsNode> StatAsync(Cid cid, CancellationToken cancellationToken) =>
        await source(cid, cancellationToken) is { } block
            ? UnixFsNode.Decode(cid, block)
            : throw Refuse($"block {cid} is absent");

    /// <summary>Writes the file in order. Sizes are checked at each node: no graph yields more than it says.</summary>
    /// <param name="cid">The root of the file.</param>
    /// <param name="output">Where the content goes.</param>
    /// <param name="sizeBytesMax">A longer file is refused before a byte is written.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>How many bytes were written.</returns>
    public async ValueTask<long> CopyFileAsync(
        Cid cid, PipeWriter output, long sizeBytesMax, CancellationToken cancellationToken)
    {
        var root = await StatAsync(cid, cancellationToken);
        if (!root.IsFile)
        {
            throw Refuse($"{cid} is a {root.Kind} and not a file");
        }

        if (root.SizeBytes > sizeBytesMax)
        {
            throw Refuse($"{cid} has {root.SizeBytes} bytes, and {sizeBytesMax} are allowed");
        }

        await CopyAsync(root, output, depth: 0, cancellationToken);
        return root.SizeBytes;
    }

    /// <summary>The entries of a directory in the order of the blocks; those of a sharded one are not sorted.</summary>
    public async IAsyncEnumerable<UnixFsEntry> ListAsync(
        Cid cid, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var shards = new Stack<(Cid Cid, int Depth)>([(cid, 0)]);
        while (shards.TryPop(out var next))
        {
            var node = await StatAsync(next.Cid, cancellationToken);
            if (!node.IsDirectory || (next.Depth > 0 && node.Kind != UnixFsKind.HamtShard))
            {
                throw Refuse($"{next.Cid} is a {node.Kind} and not a directory");
            }

            foreach (var link in node.Links)
            {
                var name = NameOf(node, link);
                if (name.Length > 0)
                {
                    yield return new UnixFsEntry(CheckName(node, name), link.Hash);
                }
                else if (next.Depth < DepthMax)
                {
                    shards.Push((link.Hash, next.Depth + 1));
                }
                else
                {
                    throw Refuse($"{cid} is a directory of more than {DepthMax} levels");
                }
            }
        }
    }

    private static ContentFormatException Refuse(string problem) => new(Format, 0, problem);

    /// <summary>In a shard, the name follows the hexadecimal number of its slot; alone, that is a shard.</summary>
    private static string NameOf(UnixFsNode node, DagPbLink link)
    {
        var name = link.Name ?? "";
        if (node.Kind != UnixFsKind.HamtShard)
        {
            return name.Length > 0 ? name : throw Refuse($"{node.Cid} is a directory with an entry without a name");
        }

        var slotDigits = (node.Fanout - 1).ToString("X", System.Globalization.CultureInfo.InvariantCulture).Length;
        return name.Length >= slotDigits
            ? name[slotDigits..]
            : throw Refuse($"{node.Cid} is a directory shard with an entry without a slot");
    }

    /// <summary>A name becomes a file's name somewhere; these would lead elsewhere.</summary>
    private static string CheckName(UnixFsNode node, string name) =>
        name is "." or ".." || name.AsSpan().ContainsAny('/', '\0')
            ? throw Refuse($"{node.Cid} has an entry named \"{name}\"")
            : name;

    private async ValueTask CopyAsync(
        UnixFsNode node, PipeWriter output, int depth, CancellationToken cancellationToken)
    {
        if (depth > DepthMax)
        {
            throw Refuse($"{node.Cid} lies more than {DepthMax} levels deep");
        }

        if (node.Data.Length > 0)
        {
            output.Write(node.Data.Span);
            await ContentOutput.FlushAsync(output, cancellationToken);
        }

        for (var index = 0; index < node.Links.Length; index++)
        {
            // Parts without content are not visited: a small graph could have very many of them.
            if (node.PartSizesBytes[index] == 0)
            {
                continue;
            }

            var part = await StatAsync(node.Links[index].Hash, cancellationToken);
            if (!part.IsFile || part.SizeBytes != node.PartSizesBytes[index])
            {
                throw Refuse(
                    $"{part.Cid} is a {part.Kind} of {part.SizeBytes} bytes where {node.Cid} has a part of"
                    + $" {node.PartSizesBytes[index]}");
            }

            await CopyAsync(part, output, depth + 1, cancellationToken);
        }
    }
}

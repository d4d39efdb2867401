using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using CimStore.Content;
using CimStore.Locations;
using Microsoft.Win32.SafeHandles;

namespace CimStore.Engine;

/// <summary>
/// Restores a stored tree: names, modes, times and links. Every name is made relative to an open directory, never
/// through a link and never over what exists, so no tree, however it was made, writes outside the target.
/// </summary>
public sealed class TreeReader(IStorageClient client)
{
    private const int DepthMax = 512;
    private const int ShardDepthMax = 4;
    private const int NodeSizeMaxBytes = 8 << 20;
    private const int WriteBufferSizeBytes = 256 << 10;

    /// <summary>Restores below <paramref name="target"/>, which is made when it does not exist.</summary>
    /// <returns>What was restored, in the order of paths, and what could not be; the root last.</returns>
    /// <exception cref="IntegrityException">The root is no directory node.</exception>
    /// <exception cref="RefusedException">The root is not here.</exception>
    public async IAsyncEnumerable<TreeItem> RestoreAsync(
        Cid root, string target, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Trees are restored by the raw names of Linux file systems.");
        }

        var entries = await ReadDirectoryAsync(root, cancellationToken)
            ?? throw new RefusedException(new Refusal("content-not-found", $"The root {root} is not here."));
        Directory.CreateDirectory(target);
        using var directory = PosixFile.OpenDirectory(
            PosixFile.CurrentDirectory, Encoding.UTF8.GetBytes(target), followLink: true);
        var items = RestoreEntriesAsync(directory, entries, [], 0, cancellationToken);
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            yield return item;
        }

        yield return new TreeItem(default, DirectoryEntryKind.Directory, root, 0, null);
    }

    /// <summary>Lists a stored tree without restoring it: every entry with its path, in the order of paths.</summary>
    public async IAsyncEnumerable<(ReadOnlyMemory<byte> Path, DirectoryEntry Entry)> ListAsync(
        Cid root, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var waiting = new Stack<(byte[] Prefix, Cid Cid, int Depth)>([([], root, 0)]);
        while (waiting.TryPop(out var next))
        {
            var entries = await ReadDirectoryAsync(next.Cid, cancellationToken)
                ?? throw new RefusedException(new Refusal("content-not-found", $"The node {next.Cid} is not here."));
            foreach (var entry in entries)
            {
                yield return ((byte[])[.. next.Prefix, .. entry.Name.Span], entry);
            }

            foreach (var entry in Enumerable.Reverse(entries))
            {
                if (entry is { Kind: DirectoryEntryKind.Directory, Cid: { } cid } && next.Depth < DepthMax)
                {
                    waiting.Push(([.. next.Prefix, .. entry.Name.Span, (byte)'/'], cid, next.Depth + 1));
                }
            }
        }
    }

    private async IAsyncEnumerable<TreeItem> RestoreEntriesAsync(
        SafeFileHandle directory, List<DirectoryEntry> entries, byte[] prefix, int depth,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] path = [.. prefix, .. entry.Name.Span];
            if (entry.Kind != DirectoryEntryKind.Directory)
            {
                yield return await RestoreLeafAsync(directory, entry, path, cancellationToken);
                continue;
            }

            var (below, children, error) = await EnterAsync(directory, entry, depth, cancellationToken);
            using (below)
            {
                if (below is not null)
                {
                    var items = RestoreEntriesAsync(
                        below, children, [.. path, (byte)'/'], depth + 1, cancellationToken);
                    await foreach (var item in items.WithCancellation(cancellationToken))
                    {
                        yield return item;
                    }

                    error = Seal(directory, below, entry);
                }
            }

            if (error is not null)
            {
                yield return new TreeItem(path, entry.Kind, null, 0, error);
            }
        }
    }

    private async ValueTask<TreeItem> RestoreLeafAsync(
        SafeFileHandle directory, DirectoryEntry entry, byte[] path, CancellationToken cancellationToken)
    {
        var parent = (int)directory.DangerousGetHandle();
        try
        {
            if (entry.Kind == DirectoryEntryKind.Link)
            {
                PosixFile.CreateLink(parent, entry.Name.Span, entry.Target.Span);
            }
            else
            {
                await RestoreFileAsync(parent, entry, cancellationToken);
            }

            PosixFile.SetModified(parent, entry.Name.Span, entry.ModifiedNanoseconds);
            return new TreeItem(path, entry.Kind, entry.Cid, entry.SizeBytes, null);
        }
        catch (Exception fault) when (IsOfOne(fault))
        {
            return new TreeItem(path, entry.Kind, null, 0, fault.Message);
        }
    }

    private async ValueTask RestoreFileAsync(int parent, DirectoryEntry entry, CancellationToken cancellationToken)
    {
        await using var content = await client.OpenAsync(
            entry.Cid!.Value, RetrieveRequest.Default, cancellationToken)
            ?? throw new IOException($"Its content {entry.Cid} is not here.");
        if (content.Record.SizeBytes != entry.SizeBytes)
        {
            throw new IntegrityException(
                $"Its content has {content.Record.SizeBytes} bytes and the directory says {entry.SizeBytes}.");
        }

        using var file = PosixFile.CreateFile(parent, entry.Name.Span);
        await using (var stream = new FileStream(file, FileAccess.Write, 0, isAsync: false))
        {
            var options = new StreamPipeWriterOptions(minimumBufferSize: WriteBufferSizeBytes, leaveOpen: true);
            var writer = PipeWriter.Create(stream, options);
            await content.CopyToAsync(writer, 0, entry.SizeBytes, cancellationToken);
            await writer.CompleteAsync();
            PosixFile.SetMode(file, entry.Mode);
        }
    }

    private async ValueTask<(SafeFileHandle? Below, List<DirectoryEntry> Children, string? Error)> EnterAsync(
        SafeFileHandle directory, DirectoryEntry entry, int depth, CancellationToken cancellationToken)
    {
        try
        {
            if (depth >= DepthMax)
            {
                throw new IOException($"Directories are nested more than {DepthMax} deep.");
            }

            var children = await ReadDirectoryAsync(entry.Cid!.Value, cancellationToken)
                ?? throw new IOException($"Its node {entry.Cid} is not here.");
            var parent = (int)directory.DangerousGetHandle();
            PosixFile.CreateDirectory(parent, entry.Name.Span);
            return (PosixFile.OpenDirectory(parent, entry.Name.Span, followLink: false), children, null);
        }
        catch (Exception fault) when (IsOfOne(fault))
        {
            return (null, [], fault.Message);
        }
    }

    /// <summary>Mode and time of a directory come last: what is made in it needs one, changes the other.</summary>
    private static string? Seal(SafeFileHandle parent, SafeFileHandle below, DirectoryEntry entry)
    {
        try
        {
            PosixFile.SetMode(below, entry.Mode);
            PosixFile.SetModified((int)parent.DangerousGetHandle(), entry.Name.Span, entry.ModifiedNanoseconds);
            return null;
        }
        catch (IOException fault)
        {
            return fault.Message;
        }
    }

    /// <returns>All entries, those of shards included; null when the node is not here.</returns>
    private async ValueTask<List<DirectoryEntry>?> ReadDirectoryAsync(Cid node, CancellationToken cancellationToken)
    {
        var entries = new List<DirectoryEntry>();
        var waiting = new Stack<(Cid Cid, int Depth)>([(node, 0)]);
        while (waiting.TryPop(out var next))
        {
            if (await ReadNodeAsync(next.Cid, cancellationToken) is not { } bytes)
            {
                return null;
            }

            var (leaves, shards) = DirectoryNode.Decode(bytes);
            if (next.Depth >= ShardDepthMax && !shards.IsEmpty)
            {
                throw new IntegrityException($"The shards of the directory {node} are nested too deeply.");
            }

            if (entries.Count > 0 && !leaves.IsEmpty
                && entries[^1].Name.Span.SequenceCompareTo(leaves[0].Name.Span) >= 0)
            {
                throw new IntegrityException($"The shards of the directory {node} are not in order.");
            }

            entries.AddRange(leaves);
            foreach (var shard in Enumerable.Reverse(shards))
            {
                waiting.Push((shard, next.Depth + 1));
            }
        }

        return entries;
    }

    private async ValueTask<byte[]?> ReadNodeAsync(Cid node, CancellationToken cancellationToken)
    {
        if (node.Codec != Codecs.DagCbor)
        {
            throw new IntegrityException($"{node} is no directory: its codec is {Codecs.Name(node.Codec)}.");
        }

        await using var content = await client.OpenAsync(node, RetrieveRequest.Default, cancellationToken);
        if (content is null)
        {
            return null;
        }

        if (content.Record.SizeBytes > NodeSizeMaxBytes)
        {
            throw new IntegrityException($"{node} is no directory: it has {content.Record.SizeBytes} bytes.");
        }

        var received = new MemoryStream((int)content.Record.SizeBytes);
        var writer = PipeWriter.Create(received, new StreamPipeWriterOptions(leaveOpen: true));
        await content.CopyToAsync(writer, 0, content.Record.SizeBytes, cancellationToken);
        await writer.CompleteAsync();
        return received.ToArray();
    }

    private static bool IsOfOne(Exception fault) =>
        fault is IOException or UnauthorizedAccessException or IntegrityException or RefusedException;
}

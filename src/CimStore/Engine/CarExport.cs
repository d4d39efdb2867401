using System.Buffers;
using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>
/// Writes contents, and everything they link to, as a CAR that other tools can read (D36): content above 1 MiB becomes
/// UnixFS with leaves of at most 1 MiB, and a manifest, the last root, maps each such content to its UnixFS root.
/// </summary>
public sealed class CarExport(IStorageClient client)
{
    /// <summary>The largest block that IPFS tools carry.</summary>
    public const int BlockSizeMaxBytes = 1 << 20;

    /// <summary>Names written once each are remembered: 48 bytes for each block of the archive.</summary>
    private readonly HashSet<Cid> _written = [];

    private readonly SortedDictionary<Cid, CarManifestEntry> _large = [];

    /// <param name="roots">What to export; each must be here.</param>
    /// <param name="output">Where to; the caller completes it.</param>
    /// <param name="whole">Keep large content as one block and write no manifest; not every tool reads that.</param>
    /// <param name="cancellationToken">Stops the export; what was written so far is not a CAR.</param>
    /// <returns>What was exported, and bytes that must be written over the beginning of the output.</returns>
    /// <exception cref="RefusedException">A root is not here; nothing was written.</exception>
    public async ValueTask<CarExported> ExportAsync(
        IReadOnlyList<Cid> roots, PipeWriter output, bool whole, CancellationToken cancellationToken)
    {
        foreach (var root in roots)
        {
            if (await client.StatAsync(root, cancellationToken) is not { IsPresent: true })
            {
                throw new RefusedException(new Refusal("content-not-found", $"{root} is not here."));
            }
        }

        // The manifest and the UnixFS roots are known last; names of the same length take their room.
        var room = roots.Select(root => root.ToV1()).ToList();
        var manifestRoot = Cid.FromDigest(Codecs.DagCbor, HashFunctions.Blake3, new byte[Blake3.HashSizeBytes]);
        var writer = await CarWriter.CreateAsync(
            output, whole ? room : [.. room, manifestRoot], CarFormat.V1, cancellationToken);
        foreach (var root in room)
        {
            await WriteGraphAsync(writer, root, whole, cancellationToken);
        }

        var head = ReadOnlyMemory<byte>.Empty;
        if (!whole)
        {
            var (manifest, bytes) = CarManifest.Encode(room, _large.Values);
            await writer.WriteBlockAsync(manifest, new ReadOnlySequence<byte>(bytes), cancellationToken);
            room = room.ConvertAll(root => _large.TryGetValue(root, out var large) ? large.UnixFs : root);
            head = await writer.FinishAsync([.. room, manifest], cancellationToken);
            return new CarExported(manifest, _written.Count + 1, writer.Length, head);
        }

        head = await writer.FinishAsync(null, cancellationToken);
        return new CarExported(null, _written.Count, writer.Length, head);
    }

    private async ValueTask WriteGraphAsync(
        CarWriter writer, Cid root, bool whole, CancellationToken cancellationToken)
    {
        var waiting = new Stack<Cid>([root]);
        while (waiting.TryPop(out var cid))
        {
            if (_large.ContainsKey(cid) || !_written.Add(cid))
            {
                continue;
            }

            await using var content = await client.OpenAsync(cid, RetrieveRequest.Default, cancellationToken);
            if (content is null)
            {
                // A link to what was never stored here is a fact of the graph, not a fault of the export.
                _written.Remove(cid);
                continue;
            }

            if (content.Record.SizeBytes > BlockSizeMaxBytes)
            {
                await WriteLargeAsync(writer, content, whole, cancellationToken);
                continue;
            }

            var block = await ContentBytes.ReadAsync(content, cancellationToken);
            await writer.WriteBlockAsync(cid, new ReadOnlySequence<byte>(block), cancellationToken);
            foreach (var link in ContentLinks.Of(cid, block).Reverse())
            {
                waiting.Push(link.ToV1());
            }
        }
    }

    private async ValueTask WriteLargeAsync(
        CarWriter writer, IContentReader content, bool whole, CancellationToken cancellationToken)
    {
        var record = content.Record;
        if (whole)
        {
            await PumpAsync(
                content,
                pipe => writer.WriteBlockAsync(record.Key.Cid, pipe, record.SizeBytes, cancellationToken),
                cancellationToken);
            return;
        }

        _written.Remove(record.Key.Cid);
        await PumpAsync(
            content,
            async pipe =>
            {
                var file = await UnixFsWriter.WriteAsync(
                    pipe, (cid, block, token) => WriteOnceAsync(writer, cid, block, token),
                    new UnixFsWriterOptions(), cancellationToken);
                _large[record.Key.Cid] = new CarManifestEntry(record.Key.Cid, file.Root, file.SizeBytes);
            },
            cancellationToken);
    }

    private async ValueTask WriteOnceAsync(
        CarWriter writer, Cid cid, ReadOnlySequence<byte> block, CancellationToken cancellationToken)
    {
        if (_written.Add(cid))
        {
            await writer.WriteBlockAsync(cid, block, cancellationToken);
        }
    }

    /// <summary>Reads the content into a pipe while somebody takes it out at the other end.</summary>
    private static async ValueTask PumpAsync(
        IContentReader content, Func<PipeReader, ValueTask> take, CancellationToken cancellationToken)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4 << 20, resumeWriterThreshold: 2 << 20));
        var filling = FillAsync(content, pipe.Writer, cancellationToken);
        Exception? failure = null;
        try
        {
            await take(pipe.Reader);
        }
        catch (Exception fault)
        {
            failure = fault;
            throw;
        }
        finally
        {
            await pipe.Reader.CompleteAsync(failure);
            await filling;
        }
    }

    /// <summary>A failure to read goes through the pipe: whoever takes it out gets it.</summary>
    private static async Task FillAsync(
        IContentReader content, PipeWriter destination, CancellationToken cancellationToken)
    {
        try
        {
            await content.CopyToAsync(destination, 0, content.Record.SizeBytes, cancellationToken);
            await destination.CompleteAsync();
        }
        catch (Exception fault) when (fault is IntegrityException or LocationException or OperationCanceledException
            or IOException)
        {
            await destination.CompleteAsync(fault);
        }
    }
}

using System.Buffers;
using System.Collections.Immutable;
using System.IO.Pipelines;
using CimStore.Content;

namespace CimStore.Engine;

/// <summary>
/// Stores every block of a CAR, each proved by its name, and makes whole what an export cut into UnixFS: each such
/// content is proved by its own CID as well. Blocks that only served a whole content are given up again.
/// </summary>
public sealed class CarImport(IStorageClient client, StoreRequest request)
{
    private const int BatchItemsMax = 64;
    private const int BatchSizeMaxBytes = 4 << 20;

    private readonly List<CarBlock> _batch = [];
    private readonly HashSet<Cid> _new = [];
    private readonly StoreRequest _request = request with
    {
        ExpectedCid = null,
        LengthBytes = null,
        Identity = request.Identity with { MessageId = null },
    };

    private long _batchSizeBytes;
    private long _blockCount;

    /// <exception cref="ContentFormatException">
    /// The archive is cut off or wrong; the offset is in the message. Blocks before it are stored and good.
    /// </exception>
    /// <exception cref="RefusedException">A block cannot be stored here.</exception>
    public async ValueTask<CarImported> ImportAsync(PipeReader archive, CancellationToken cancellationToken)
    {
        await using var reader = await CarReader.OpenAsync(archive, new CarReaderOptions(), cancellationToken);
        try
        {
            while (await reader.NextAsync(cancellationToken) is { } section)
            {
                _blockCount++;
                if (section.BlockSizeBytes > CarExport.BlockSizeMaxBytes)
                {
                    await StoreLargeAsync(reader, section, cancellationToken);
                    continue;
                }

                if (_batch.Count == BatchItemsMax || _batchSizeBytes + section.BlockSizeBytes > BatchSizeMaxBytes)
                {
                    await FlushAsync(cancellationToken);
                }

                _batch.Add(await reader.ReadBlockAsync(cancellationToken));
                _batchSizeBytes += section.BlockSizeBytes;
            }

            await FlushAsync(cancellationToken);
        }
        finally
        {
            _batch.ForEach(block => block.Dispose());
            _batch.Clear();
        }

        return await MakeWholeAsync(reader.Roots, cancellationToken);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var items = _batch.ConvertAll(
            block => new StoreItem(new ReadOnlySequence<byte>(block.Bytes), block.Cid.ToV1()));
        var results = await client.StoreManyAsync(items, _request, cancellationToken);
        for (var index = 0; index < results.Count; index++)
        {
            var stored = results[index].Stored ?? throw new RefusedException(new Refusal(
                results[index].Refused!.Code,
                $"The block {_batch[index].Cid} at offset {_batch[index].Section.Offset} was refused: "
                + results[index].Refused!.Message));
            if (!stored.Deduplicated)
            {
                _new.Add(stored.Cid);
            }
        }

        _batch.ForEach(block => block.Dispose());
        _batch.Clear();
        _batchSizeBytes = 0;
    }

    private async ValueTask StoreLargeAsync(CarReader reader, CarSection section, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        var own = _request with { ExpectedCid = section.Cid.ToV1(), LengthBytes = section.BlockSizeBytes };
        await StoreFromAsync(own, output => reader.CopyBlockAsync(output, cancellationToken), cancellationToken);
    }

    /// <summary>Stores what a producer writes; its failure is the one that counts.</summary>
    private async ValueTask StoreFromAsync(
        StoreRequest own, Func<PipeWriter, ValueTask> produce, CancellationToken cancellationToken)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4 << 20, resumeWriterThreshold: 2 << 20));
        var storing = client.StoreAsync(pipe.Reader, own, cancellationToken).AsTask();
        try
        {
            await produce(pipe.Writer);
            await pipe.Writer.CompleteAsync();
        }
        catch (Exception fault)
        {
            await pipe.Writer.CompleteAsync(fault);
            await storing.ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }

        await storing;
    }

    private async ValueTask<CarImported> MakeWholeAsync(ImmutableArray<Cid> roots, CancellationToken cancellationToken)
    {
        if (roots.IsEmpty || await ReadManifestAsync(roots[^1], cancellationToken) is not { } manifest)
        {
            return new CarImported([.. roots.Select(root => root.ToV1())], _blockCount, []);
        }

        var unixFs = new UnixFsReader(
            async (cid, token) => await ReadBlockAsync(cid, token) is { } block ? (ReadOnlyMemory<byte>?)block : null);
        foreach (var entry in manifest.Large)
        {
            var own = _request with { ExpectedCid = entry.Content, LengthBytes = entry.SizeBytes };
            await StoreFromAsync(
                own,
                async output => await unixFs.CopyFileAsync(entry.UnixFs, output, entry.SizeBytes, cancellationToken),
                cancellationToken);
        }

        var kept = manifest.Roots.ToHashSet();
        foreach (var entry in manifest.Large)
        {
            await GiveUpAsync(entry.UnixFs, kept, cancellationToken);
        }

        await GiveUpAsync(roots[^1].ToV1(), kept, cancellationToken, followLinks: false);
        return new CarImported(manifest.Roots, _blockCount, manifest.Large);
    }

    /// <summary>Removes the pins that this import gave to blocks that are part of a whole content now.</summary>
    private async ValueTask GiveUpAsync(
        Cid root, HashSet<Cid> kept, CancellationToken cancellationToken, bool followLinks = true)
    {
        var waiting = new Stack<Cid>([root]);
        while (waiting.TryPop(out var cid))
        {
            if (kept.Contains(cid) || !_new.Remove(cid))
            {
                continue;
            }

            if (followLinks && cid.Codec == Codecs.DagPb && await ReadBlockAsync(cid, cancellationToken) is { } block)
            {
                foreach (var link in ContentLinks.Of(cid, block))
                {
                    waiting.Push(link.ToV1());
                }
            }

            if (_request.Reference is { } reference)
            {
                await client.DeleteAsync(
                    cid, DeleteRequest.Default with { Reference = reference }, cancellationToken);
            }
        }
    }

    private async ValueTask<(ImmutableArray<Cid> Roots, ImmutableArray<CarManifestEntry> Large)?> ReadManifestAsync(
        Cid cid, CancellationToken cancellationToken) =>
        cid.Codec == Codecs.DagCbor && await ReadBlockAsync(cid.ToV1(), cancellationToken) is { } block
            ? CarManifest.TryDecode(block)
            : null;

    private async ValueTask<byte[]?> ReadBlockAsync(Cid cid, CancellationToken cancellationToken)
    {
        await using var content = await client.OpenAsync(cid, RetrieveRequest.Default, cancellationToken);
        return content is null || content.Record.SizeBytes > ContentBytes.SizeMaxBytes
            ? null
            : await ContentBytes.ReadAsync(content, cancellationToken);
    }
}

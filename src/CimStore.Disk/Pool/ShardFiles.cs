using CimStore.Disk.Large;
using CimStore.Disk.Log;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>
/// The files of one copy on its way in, one for each shard. A directory that fails drops out; the copy goes on while
/// the others are enough.
/// </summary>
internal sealed class ShardFiles : IAsyncDisposable
{
    private readonly PoolLocation _pool;
    private readonly ShardDirectory?[] _directories;
    private readonly StagedFile?[] _files;
    private readonly StripeWriter _content;
    private readonly StripeWriter _tree;
    private Exception? _lastFault;

    public ShardFiles(PoolLocation pool, ShardDirectory?[] directories, ulong incarnation, long? sizeHint)
    {
        (_pool, _directories) = (pool, directories);
        _files = new StagedFile?[directories.Length];
        var hint = sizeHint is { } size
            ? new StripeLayout(pool.Options.DataShards, pool.Options.BlockBytes, size).ShardBytes
            : (long?)null;
        for (var shard = 0; shard < directories.Length; shard++)
        {
            _files[shard] = TryStage(directories[shard], hint);
        }

        _content = new StripeWriter(
            pool.Code, pool.Options.BlockBytes, incarnation, CellCheck.OfContent, sizeHint, WriteCellAsync);

        // A two-hundred-and-fiftieth of the content: one stripe at a time is enough.
        _tree = new StripeWriter(
            pool.Code, pool.Options.BlockBytes, incarnation, CellCheck.OfTree, 0, WriteNodesAsync);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _content.WriteAsync(bytes, cancellationToken);

    public ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken) =>
        _tree.WriteAsync(nodes, cancellationToken);

    /// <returns>How many shards are durable.</returns>
    public async ValueTask<int> SealAsync(CopyManifest manifest, CancellationToken cancellationToken)
    {
        await _content.FinishAsync(cancellationToken);
        await _tree.FinishAsync(cancellationToken);
        RequireQuorum(_files.Count(static file => file is not null));
        var shape = new ShardDescription(
            manifest, _pool.Now, _pool.Options.DataShards, _pool.Options.ParityShards, 0, _pool.Options.BlockBytes,
            Guid.Empty, _tree.LengthBytes);
        var sealing = Enumerable.Range(0, _files.Length)
            .Where(shard => _files[shard] is not null)
            .Select(shard => SealShardAsync(_directories[shard]!, _files[shard]!, shape with { Index = shard }));
        var written = (await Task.WhenAll(sealing)).Count(static isWritten => isWritten);
        RequireQuorum(written);
        return written;
    }

    public async ValueTask DisposeAsync()
    {
        _content.Dispose();
        _tree.Dispose();
        foreach (var file in _files)
        {
            if (file is not null)
            {
                await file.DisposeAsync();
            }
        }
    }

    /// <summary>Makes the file durable under its name, then the record that says so.</summary>
    /// <param name="file">What was written.</param>
    /// <param name="shape">What it is.</param>
    /// <param name="commit">Commits the record, or not, in which case the file goes again.</param>
    public static async ValueTask AdmitAsync(
        StagedFile file, ShardDescription shape, Func<LogWrite, ValueTask<bool>> commit)
    {
        var shard = shape with { LargeId = file.Id };
        await file.SealAsync(
            shard.Content.ShardBytes, (header, _) => ShardHeader.Write(header, shard), CancellationToken.None);
        try
        {
            file.IsAdmitted = await commit(ShardWrite.Shard(shard, default));
        }
        catch (LocationException failure)
        {
            // Whether the record is there shows at the next open; until then the file may be what it refers to.
            file.IsAdmitted = failure.Fault == LocationFault.Unknown;
            throw;
        }
    }

    private async Task<bool> SealShardAsync(ShardDirectory directory, StagedFile file, ShardDescription shape)
    {
        try
        {
            await AdmitAsync(file, shape, async write =>
            {
                await directory.CommitAsync(write, CancellationToken.None);
                return true;
            });
            return true;
        }
        catch (LocationException failure)
        {
            _lastFault = failure;
            return false;
        }
    }

    private StagedFile? TryStage(ShardDirectory? directory, long? sizeHint)
    {
        try
        {
            directory?.RequireHere();
            return directory?.Large.Stage(sizeHint);
        }
        catch (Files.DiskException failure)
        {
            _lastFault = Faults.Translate(failure);
        }
        catch (LocationException failure)
        {
            _lastFault = failure;
        }

        return null;
    }

    private ValueTask WriteCellAsync(int shard, ReadOnlyMemory<byte> cell, CancellationToken cancellationToken) =>
        _files[shard] is { } file
            ? GuardAsync(shard, file.WriteAsync(cell, cancellationToken))
            : ValueTask.CompletedTask;

    private ValueTask WriteNodesAsync(int shard, ReadOnlyMemory<byte> cell, CancellationToken cancellationToken) =>
        _files[shard] is { } file
            ? GuardAsync(shard, file.WriteTreeAsync(cell, cancellationToken))
            : ValueTask.CompletedTask;

    private async ValueTask GuardAsync(int shard, ValueTask write)
    {
        try
        {
            await write;
        }
        catch (LocationException failure)
        {
            _lastFault = failure;
            var file = _files[shard]!;
            _files[shard] = null;
            await file.DisposeAsync();
            RequireQuorum(_files.Count(static other => other is not null));
        }
    }

    private void RequireQuorum(int written)
    {
        if (written < _pool.WriteQuorum)
        {
            throw _pool.NoQuorum(written, _lastFault);
        }
    }
}

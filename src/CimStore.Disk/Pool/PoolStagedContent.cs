using System.Buffers;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>
/// A copy on its way into the pool: in memory while it may fit the shard logs, in one file a shard beyond that.
/// </summary>
internal sealed class PoolStagedContent(PoolLocation pool, int set, long? sizeHint) : IStagedContent
{
    private readonly ShardDirectory?[] _directories = pool.DirectoriesOf(set);
    private readonly ulong _incarnation = pool.NextIncarnation();
    private readonly ArrayBufferWriter<byte> _nodes = new();
    private byte[]? _small = ArrayPool<byte>.Shared.Rent(pool.InlineSizeMaxBytes);
    private ShardFiles? _files;
    private long _sizeBytes;
    private bool _isSealed;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        if (_files is null && _sizeBytes + bytes.Length <= pool.InlineSizeMaxBytes)
        {
            bytes.CopyTo(_small.AsMemory((int)_sizeBytes));
        }
        else
        {
            await (await FilesAsync(cancellationToken)).WriteAsync(bytes, cancellationToken);
        }

        _sizeBytes += bytes.Length;
    }

    public ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        if (_files is not null)
        {
            return _files.WriteTreeAsync(nodes, cancellationToken);
        }

        // Of at most the inline limit: 4 KiB a MiB.
        _nodes.Write(nodes.Span);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<SealedCopy> SealAsync(CopyManifest manifest, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        if ((manifest.StoredBytes ?? manifest.SizeBytes) != _sizeBytes)
        {
            throw new ArgumentException(
                $"{_sizeBytes} bytes were written, not {manifest.StoredBytes ?? manifest.SizeBytes}.");
        }

        if (manifest.StoredBytes is { } stored && stored != manifest.SizeBytes && manifest.Header == CopyHeader.Plain)
        {
            // Only beside a header is that size kept.
            throw new ArgumentException($"{stored} bytes of {manifest.SizeBytes}, and no header says why.");
        }

        var ours = manifest with { Incarnation = _incarnation };
        RequireKeyId(ours.Header);
        if (manifest.SizeBytes > pool.InlineSizeMaxBytes)
        {
            // Also what has become small enough for the logs: its ranges are proved by a tree, and records have none.
            await FilesAsync(cancellationToken);
        }

        _isSealed = true;
        try
        {
            var written = _files is null
                ? await pool.WriteRecordsAsync(_directories, ours, _small.AsMemory(0, (int)_sizeBytes))
                : await _files.SealAsync(ours, cancellationToken);
            if (written < _directories.Length)
            {
                pool.NoteDegraded(ours);
            }

            return new SealedCopy(_incarnation, written, ours.Header, true);
        }
        catch (LocationException)
        {
            await pool.TryReleaseAsync(ours.Key, _incarnation);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_files is not null)
        {
            await _files.DisposeAsync();
            _files = null;
        }

        ReturnSmall();
        _isSealed = true;
    }

    /// <summary>What came so far goes into the files first.</summary>
    private async ValueTask<ShardFiles> FilesAsync(CancellationToken cancellationToken)
    {
        if (_files is null)
        {
            _files = new ShardFiles(pool, _directories, _incarnation, sizeHint);
            await _files.WriteAsync(_small.AsMemory(0, (int)_sizeBytes), cancellationToken);
            await _files.WriteTreeAsync(_nodes.WrittenMemory, cancellationToken);
            ReturnSmall();
        }

        return _files;
    }

    private void ReturnSmall()
    {
        if (_small is { } rented)
        {
            _small = null;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void RequireKeyId(CopyHeader header)
    {
        var size = System.Text.Encoding.UTF8.GetByteCount(header.KeyId ?? "");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, ShardDescription.KeyIdBytesMax, nameof(header));
    }

    private void RequireOpen()
    {
        if (_isSealed)
        {
            throw new InvalidOperationException("The content was sealed.");
        }
    }
}

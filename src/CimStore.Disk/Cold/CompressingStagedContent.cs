using System.Buffers;
using CimStore.Locations;

namespace CimStore.Disk.Cold;

/// <summary>
/// Content on its way into a compressing location: kept until its beginning has said whether compressing pays, then
/// passed on as it is or through the writer of the stored form.
/// </summary>
internal sealed class CompressingStagedContent(ILocation inner, long? sizeHint, long contentSizeMaxBytes)
    : IStagedContent
{
    private readonly ArrayBufferWriter<byte> _earlyNodes = new();
    private byte[]? _sample = ArrayPool<byte>.Shared.Rent(Compressibility.SampleSizeBytes);
    private IStagedContent? _staged;
    private SeekableZstdWriter? _writer;
    private long _sizeBytes;
    private bool _isClosed;

    private bool IsDecided => _sample is null;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        _isClosed = true;
        if (!IsDecided)
        {
            var taken = (int)Math.Min(bytes.Length, Compressibility.SampleSizeBytes - _sizeBytes);
            bytes[..taken].CopyTo(_sample.AsMemory((int)_sizeBytes));
            _sizeBytes += taken;
            bytes = bytes[taken..];
            if (_sizeBytes == Compressibility.SampleSizeBytes)
            {
                await DecideAsync(cancellationToken);
            }
        }

        if (!bytes.IsEmpty)
        {
            await PassOnAsync(bytes, cancellationToken);
            _sizeBytes += bytes.Length;
        }

        // What fails half-way leaves the stored form at a place nobody knows: then nothing may follow.
        _isClosed = false;
    }

    public async ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        if (IsDecided)
        {
            await _staged!.WriteTreeAsync(nodes, cancellationToken);
            return;
        }

        // Of at most a MiB of content: 4 KiB.
        _earlyNodes.Write(nodes.Span);
    }

    public async ValueTask<SealedCopy> SealAsync(CopyManifest manifest, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        if (manifest.Header.Compression != CompressingLocation.Uncompressed)
        {
            throw new ArgumentException("Whether the copy is compressed is decided here.", nameof(manifest));
        }

        var size = manifest.StoredBytes ?? manifest.SizeBytes;
        if (size != _sizeBytes)
        {
            throw new ArgumentException($"{_sizeBytes} bytes were written, not {size}.", nameof(manifest));
        }

        _isClosed = true;
        if (!IsDecided)
        {
            await DecideAsync(cancellationToken);
        }

        return _writer is null
            ? await _staged!.SealAsync(manifest, cancellationToken)
            : await SealCompressedAsync(_writer, manifest, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        _writer?.Dispose();
        ReturnSample();
        if (_staged is not null)
        {
            await _staged.DisposeAsync();
        }
    }

    private async ValueTask<SealedCopy> SealCompressedAsync(
        SeekableZstdWriter writer, CopyManifest manifest, CancellationToken cancellationToken)
    {
        if (manifest.StoredBytes is not null)
        {
            // The reader is told the content's size by the manifest, and that is not what was compressed.
            throw new ArgumentException("What changes the size goes below compression.", nameof(manifest));
        }

        var sizes = await writer.FinishAsync(cancellationToken);
        var header = manifest.Header with { Compression = CompressingLocation.Zstd };
        var sealedCopy = await _staged!.SealAsync(
            manifest with { Header = header, StoredBytes = sizes.StoredBytes }, cancellationToken);
        return sealedCopy with { Header = sealedCopy.Header with { Compression = CompressingLocation.Zstd } };
    }

    private async ValueTask DecideAsync(CancellationToken cancellationToken)
    {
        var sample = _sample.AsMemory(0, (int)_sizeBytes);
        var isCompressed = !(sizeHint > contentSizeMaxBytes) && Compressibility.Pays(sample.Span);
        _staged = await inner.StageAsync(isCompressed ? null : sizeHint, cancellationToken);
        if (isCompressed)
        {
            _writer = new SeekableZstdWriter(_staged.WriteAsync);
        }

        if (!sample.IsEmpty)
        {
            await PassOnAsync(sample, cancellationToken);
        }

        if (_earlyNodes.WrittenCount > 0)
        {
            await _staged.WriteTreeAsync(_earlyNodes.WrittenMemory, cancellationToken);
        }

        ReturnSample();
    }

    private ValueTask PassOnAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_writer is null)
        {
            return _staged!.WriteAsync(bytes, cancellationToken);
        }

        return _writer.Sizes.ContentBytes + bytes.Length <= contentSizeMaxBytes
            ? _writer.WriteAsync(bytes, cancellationToken)
            : throw new LocationException(
                LocationFault.Full,
                $"A compressed copy at {inner.Id} has at most {contentSizeMaxBytes} bytes of content, and nobody had "
                + "said that this one has more; nothing was stored. Stage it with its length: then it is stored as it "
                + "is.");
    }

    private void ReturnSample()
    {
        if (_sample is { } rented)
        {
            _sample = null;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void RequireOpen()
    {
        if (_isClosed)
        {
            throw new InvalidOperationException("The content was sealed, or a write of it failed.");
        }
    }
}

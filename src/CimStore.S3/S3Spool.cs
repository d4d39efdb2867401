using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace CimStore.S3;

/// <summary>
/// Bytes on their way, kept until all of them are there: in memory while they fit one part, in a file beyond that.
/// The MD5 of each part is made as they come, so that nothing is read only for that.
/// </summary>
internal sealed class S3Spool : IDisposable
{
    /// <summary>S3 takes no more of one object.</summary>
    public const int PartsMax = 10_000;

    private const int BufferFirstBytes = 64 << 10;
    private const int RereadBytes = 1 << 20;

    private readonly S3SpoolFolder _folder;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private readonly List<Md5Digest> _parts = [];
    private readonly int _bufferBytesMax;
    private byte[]? _buffer;
    private SafeFileHandle? _file;
    private long _hashedOfPart;

    /// <param name="folder">Where files go.</param>
    /// <param name="partBytes">Of a part, unless the content is known to need larger ones.</param>
    /// <param name="sizeHint">Null when it is not known.</param>
    public S3Spool(S3SpoolFolder folder, int partBytes, long? sizeHint)
    {
        (_folder, _bufferBytesMax) = (folder, partBytes);
        PartBytes = partBytes * FactorFor(sizeHint ?? 0, partBytes);
    }

    public long SizeBytes { get; private set; }

    public long PartBytes { get; private set; }

    /// <summary>Once it is finished: at least one, also of nothing.</summary>
    public IReadOnlyList<Md5Digest> Parts => _parts;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_file is null && !TryBuffer(bytes.Span))
        {
            await SpillAsync(cancellationToken);
        }

        if (_file is not null)
        {
            await WriteFileAsync(bytes, SizeBytes, cancellationToken);
        }

        Hash(bytes.Span);
        SizeBytes += bytes.Length;
    }

    /// <summary>Nothing more comes.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        if (_hashedOfPart > 0 || _parts.Count == 0)
        {
            EndPart();
        }

        var factor = FactorFor(SizeBytes, PartBytes);
        if (factor > 1)
        {
            // Nobody said that it would be this large: it is cut anew.
            PartBytes *= factor;
            await RehashAsync(cancellationToken);
        }
    }

    public long LengthOf(int part) => Math.Min(PartBytes, SizeBytes - (part * PartBytes));

    /// <param name="part">Counted from 0.</param>
    public Stream OpenPart(int part) => Open(part * PartBytes, LengthOf(part));

    public void Dispose()
    {
        ReturnBuffer();
        _file?.Dispose();
        _file = null;
        _hash.Dispose();
    }

    private static long FactorFor(long sizeBytes, long partBytes)
    {
        var largest = partBytes * PartsMax;
        return sizeBytes <= largest ? 1 : (sizeBytes + largest - 1) / largest;
    }

    private Stream Open(long start, long length) => _file is { } file
        ? new S3SpoolStream(file, start, length)
        : new MemoryStream(_buffer ?? [], (int)start, (int)length, writable: false);

    private bool TryBuffer(ReadOnlySpan<byte> bytes)
    {
        var needed = SizeBytes + bytes.Length;
        if (needed > _bufferBytesMax || !TryGrow((int)needed))
        {
            return false;
        }

        bytes.CopyTo(_buffer.AsSpan((int)SizeBytes));
        return true;
    }

    private bool TryGrow(int needed)
    {
        var has = _buffer?.Length ?? 0;
        if (needed <= has)
        {
            return true;
        }

        var wanted = Math.Min(_bufferBytesMax, Math.Max(needed, Math.Max(BufferFirstBytes, 2 * has)));
        var larger = ArrayPool<byte>.Shared.Rent(wanted);
        if (!_folder.TryTake(larger.Length))
        {
            ArrayPool<byte>.Shared.Return(larger);
            return false;
        }

        _buffer.AsSpan(0, (int)SizeBytes).CopyTo(larger);
        ReturnBuffer();
        _buffer = larger;
        return true;
    }

    private async ValueTask SpillAsync(CancellationToken cancellationToken)
    {
        _file = _folder.Create();
        await WriteFileAsync(_buffer.AsMemory(0, (int)SizeBytes), 0, cancellationToken);
        ReturnBuffer();
    }

    private async ValueTask WriteFileAsync(
        ReadOnlyMemory<byte> bytes, long offset, CancellationToken cancellationToken)
    {
        try
        {
            await RandomAccess.WriteAsync(_file!, bytes, offset, cancellationToken);
        }
        catch (IOException failure)
        {
            throw _folder.Translate("take content", failure);
        }
    }

    private void Hash(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var piece = bytes[..(int)Math.Min(bytes.Length, PartBytes - _hashedOfPart)];
            _hash.AppendData(piece);
            _hashedOfPart += piece.Length;
            bytes = bytes[piece.Length..];
            if (_hashedOfPart == PartBytes)
            {
                EndPart();
            }
        }
    }

    private void EndPart()
    {
        _parts.Add(Md5Digest.Take(_hash));
        _hashedOfPart = 0;
    }

    private async ValueTask RehashAsync(CancellationToken cancellationToken)
    {
        _parts.Clear();
        var piece = ArrayPool<byte>.Shared.Rent(RereadBytes);
        try
        {
            await using var all = Open(0, SizeBytes);
            int read;
            while ((read = await all.ReadAsync(piece, cancellationToken)) > 0)
            {
                Hash(piece.AsSpan(0, read));
            }
        }
        catch (IOException failure)
        {
            throw _folder.Translate("read content again", failure);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        if (_hashedOfPart > 0)
        {
            EndPart();
        }
    }

    private void ReturnBuffer()
    {
        if (_buffer is { } rented)
        {
            _buffer = null;
            _folder.Return(rented.Length);
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk.Uploads;

/// <summary>
/// One upload's file: a head with its terms, then frames of content, each with a digest that covers the one before it.
/// So what survived a crash is found by reading, and rot is found before the bytes are stored as something else.
/// </summary>
public sealed class StagedUpload : IDisposable
{
    public const int FrameBytesMax = 256 << 10;

    internal const int HeadBytes = 12;
    internal const int FrameHeadBytes = 12;
    private const int TermsBytesMax = 64 << 10;
    private const int DigestBytes = Blake3.HashSizeBytes;

    // As for large content: one sync at the end would hold up everybody else's.
    private const int BytesPerSync = 8 << 20;

    private readonly IDisk _disk;
    private readonly SpaceGuard _space;
    private readonly IDiskFile _file;
    private readonly Lock _gate = new();
    private readonly byte[] _chain = new byte[DigestBytes];
    private readonly byte[] _start = new byte[DigestBytes];
    private long _first;
    private long _end;
    private long _offset;
    private long _unsynced;
    private bool _isVerified;
    private LocationException? _broken;

    internal StagedUpload(string id, IDisk disk, SpaceGuard space, IDiskFile file, DateTimeOffset at) =>
        (Id, _disk, _space, _file, TouchedAt) = (id, disk, space, file, at);

    public string Id { get; }

    /// <summary>Where it is, for whoever has to look.</summary>
    public string Path => _file.Path;

    public ReadOnlyMemory<byte> Terms { get; private set; }

    /// <summary>When something was last added to it, as its file says.</summary>
    public DateTimeOffset TouchedAt { get; private set; }

    private static ReadOnlySpan<byte> Magic => "CIMUPLD\x01"u8;

    /// <summary>Makes all that was appended durable, and says how much that is.</summary>
    /// <exception cref="LocationException">Nothing is known any more; the next open finds out.</exception>
    public long Sync()
    {
        lock (_gate)
        {
            return Guarded(() =>
            {
                Verify();
                SyncNow();
                return _offset;
            });
        }
    }

    /// <summary>Adds bytes; <see cref="Sync"/> makes them durable.</summary>
    /// <exception cref="LocationException">The bytes are not part of the upload.</exception>
    public void Append(ReadOnlySequence<byte> bytes, DateTimeOffset at)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            lock (_gate)
            {
                Guarded(() =>
                {
                    Verify();
                    for (; !bytes.IsEmpty; bytes = bytes.Slice(Math.Min(bytes.Length, FrameBytesMax)))
                    {
                        AppendFrame(bytes.Slice(0, Math.Min(bytes.Length, FrameBytesMax)), at, buffer);
                    }

                    return true;
                });
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes the content, each frame proved before its bytes leave.</summary>
    /// <exception cref="IntegrityException">The file has rotted; what was written is right.</exception>
    public async ValueTask CopyToAsync(PipeWriter destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var total = Sync();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            _start.CopyTo(buffer, 0);
            var position = _first;
            for (long copied = 0; copied < total;)
            {
                var length = StagedUploads.Guard(() => ReadFrame(position, buffer));
                if (length == 0)
                {
                    throw new IntegrityException(
                        $"The upload {Id} has rotted on the disk behind byte {copied}; begin again.");
                }

                await destination.WriteAsync(buffer.AsMemory(DigestBytes + FrameHeadBytes, length), cancellationToken);
                position += FrameHeadBytes + length + DigestBytes;
                copied += length;
                buffer.AsSpan(DigestBytes + FrameHeadBytes + length, DigestBytes).CopyTo(buffer);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Puts other terms in the place of everything: the content has its place elsewhere now.</summary>
    /// <exception cref="LocationException">The upload is as it was, or has these terms.</exception>
    public void Finish(ReadOnlySpan<byte> terms)
    {
        var head = MakeHead(terms, TouchedAt);
        StagedUploads.Guard(() =>
        {
            Durable.Replace(_disk, _file.Path, head);
            return true;
        });
    }

    /// <summary>Should a power cut bring it back, it is removed again when it is too old.</summary>
    public void Remove()
    {
        Dispose();
        StagedUploads.Guard(() =>
        {
            _disk.Unlink(_file.Path);
            return true;
        });
    }

    public void Dispose() => _file.Dispose();

    /// <returns>The upload, or why its head cannot be read: once it was whole, its name says so.</returns>
    internal static (StagedUpload? Upload, string? Cause) Open(string id, IDisk disk, SpaceGuard space, string path)
    {
        var file = disk.Open(path, DiskAccess.ReadWrite);
        try
        {
            var upload = new StagedUpload(id, disk, space, file, DateTimeOffset.UnixEpoch);
            if (upload.ReadHead() is not { } cause)
            {
                return (upload, null);
            }

            file.Dispose();
            return (null, cause);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <returns>Why the head of the file cannot be read; null when it can.</returns>
    internal static string? Inspect(IDisk disk, SpaceGuard space, string path)
    {
        using var file = disk.Open(path, DiskAccess.Read);
        return new StagedUpload("", disk, space, file, DateTimeOffset.UnixEpoch).ReadHead();
    }

    internal static StagedUpload Begin(
        string id, IDisk disk, SpaceGuard space, string path, ReadOnlySpan<byte> terms, DateTimeOffset at)
    {
        var temporary = path + Durable.TemporarySuffix;
        byte[] head;
        using (var file = disk.Create(temporary))
        {
            // The time of an upload that nothing was added to yet is in its head.
            head = MakeHead(terms, at);
            file.WriteFully(head, 0);

            // Before it gets its name, which says that the head is whole.
            file.SyncData(SyncPoint.UploadBytes);
        }

        disk.Rename(temporary, path);
        var upload = new StagedUpload(id, disk, space, disk.Open(path, DiskAccess.ReadWrite), at);
        upload.TakeHead(head);
        upload._isVerified = true;
        return upload;
    }

    private static int BufferBytes => DigestBytes + FrameHeadBytes + FrameBytesMax + DigestBytes;

    private static byte[] MakeHead(ReadOnlySpan<byte> terms, DateTimeOffset at)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(terms.Length, TermsBytesMax);
        var head = new byte[HeadBytes + sizeof(long) + terms.Length + DigestBytes];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(Magic.Length), terms.Length);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(HeadBytes), at.ToUnixTimeMilliseconds());
        terms.CopyTo(head.AsSpan(HeadBytes + sizeof(long)));
        Blake3.Hash(head.AsSpan(..^DigestBytes), head.AsSpan(^DigestBytes..));
        return head;
    }

    private void TakeHead(byte[] head)
    {
        Terms = head.AsMemory((HeadBytes + sizeof(long))..^DigestBytes);
        TouchedAt = DateTimeOffset.FromUnixTimeMilliseconds(
            BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(HeadBytes)));
        head.AsSpan(^DigestBytes..).CopyTo(_start);
        _start.CopyTo(_chain, 0);
        _first = _end = head.Length;
    }

    private string? ReadHead()
    {
        var fixedPart = new byte[HeadBytes];
        if (_file.Read(fixedPart, 0) < HeadBytes)
        {
            return $"it has {_file.Length} bytes, which is less than a head";
        }

        if (!fixedPart.AsSpan().StartsWith(Magic))
        {
            return fixedPart.AsSpan().StartsWith(Magic[..^1])
                ? $"it has version {fixedPart[Magic.Length - 1]}; this program reads version {Magic[^1]}"
                : "it does not begin as an upload does";
        }

        var size = BinaryPrimitives.ReadInt32LittleEndian(fixedPart.AsSpan(Magic.Length));
        if (size is < 0 or > TermsBytesMax)
        {
            return $"its head states terms of {size} bytes; {TermsBytesMax} are the most";
        }

        var head = new byte[HeadBytes + sizeof(long) + size + DigestBytes];
        var digest = new byte[DigestBytes];
        if (_file.Read(head, 0) < head.Length)
        {
            return $"it has {_file.Length} bytes, which is less than its head of {head.Length}";
        }

        Blake3.Hash(head.AsSpan(..^DigestBytes), digest);
        if (!digest.AsSpan().SequenceEqual(head.AsSpan(^DigestBytes..)))
        {
            return "its head does not match its digest";
        }

        TakeHead(head);
        ReadTouchedAt();
        return null;
    }

    /// <summary>By the frames' own heads, without their bytes: an open does not wait for uploads to be read.</summary>
    private void ReadTouchedAt()
    {
        var head = new byte[FrameHeadBytes];
        var length = _file.Length;
        for (var position = _first; position + FrameHeadBytes <= length;)
        {
            _file.Read(head, position);
            var size = BinaryPrimitives.ReadInt32LittleEndian(head);
            var at = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(sizeof(int)));
            if (size is <= 0 or > FrameBytesMax || at < TouchedAt.ToUnixTimeMilliseconds()
                || at > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            {
                return;
            }

            TouchedAt = DateTimeOffset.FromUnixTimeMilliseconds(at);
            position += FrameHeadBytes + size + DigestBytes;
        }
    }

    /// <summary>Reads what another process left; the first frame that is not whole goes, and the rest.</summary>
    private void Verify()
    {
        if (_isVerified)
        {
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            _start.CopyTo(buffer, 0);
            while (ReadFrame(_end, buffer) is > 0 and var length)
            {
                _offset += length;
                _end += FrameHeadBytes + length + DigestBytes;
                buffer.AsSpan(DigestBytes + FrameHeadBytes + length, DigestBytes).CopyTo(buffer);
            }

            buffer.AsSpan(0, DigestBytes).CopyTo(_chain);
            _file.Truncate(_end);

            // Read is not durable: the process that wrote it may have died before its sync.
            _file.SyncData(SyncPoint.UploadBytes);
            _isVerified = true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The buffer begins with the digest before this frame, and holds the frame behind it.</summary>
    /// <returns>The length of its content; 0 when no whole frame is there.</returns>
    private int ReadFrame(long position, byte[] buffer)
    {
        var head = buffer.AsSpan(DigestBytes, FrameHeadBytes);
        if (_file.Read(head, position) < FrameHeadBytes)
        {
            return 0;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length is <= 0 or > FrameBytesMax)
        {
            return 0;
        }

        var rest = buffer.AsSpan(DigestBytes + FrameHeadBytes, length + DigestBytes);
        if (_file.Read(rest, position + FrameHeadBytes) < rest.Length)
        {
            return 0;
        }

        Span<byte> digest = stackalloc byte[DigestBytes];
        Blake3.Hash(buffer.AsSpan(0, DigestBytes + FrameHeadBytes + length), digest);
        return digest.SequenceEqual(rest[length..]) ? length : 0;
    }

    private void AppendFrame(ReadOnlySequence<byte> bytes, DateTimeOffset at, byte[] buffer)
    {
        var length = (int)bytes.Length;
        _space.Require(length);
        _chain.CopyTo(buffer, 0);
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(DigestBytes), length);

        // Never backwards: the order of frames is the order of time, whatever the clock does.
        TouchedAt = at > TouchedAt ? at : TouchedAt;
        BinaryPrimitives.WriteInt64LittleEndian(
            buffer.AsSpan(DigestBytes + sizeof(int)), TouchedAt.ToUnixTimeMilliseconds());
        bytes.CopyTo(buffer.AsSpan(DigestBytes + FrameHeadBytes));
        var digest = buffer.AsSpan(DigestBytes + FrameHeadBytes + length, DigestBytes);
        Blake3.Hash(buffer.AsSpan(0, DigestBytes + FrameHeadBytes + length), digest);
        _file.WriteFully(buffer.AsSpan(DigestBytes, FrameHeadBytes + length + DigestBytes), _end);
        digest.CopyTo(_chain);
        _end += FrameHeadBytes + length + DigestBytes;
        _offset += length;
        _unsynced += length;
        if (_unsynced >= BytesPerSync)
        {
            SyncNow();
        }
    }

    private void SyncNow()
    {
        if (_unsynced == 0)
        {
            return;
        }

        try
        {
            // Before the offset is told: the client forgets what lies before it.
            _file.SyncData(SyncPoint.UploadBytes);
            _unsynced = 0;
        }
        catch (DiskException failure)
        {
            // Asking again proves nothing; what is there is found out by reading it after the next open.
            _broken = Faults.Translate(failure);
            throw;
        }
    }

    private T Guarded<T>(Func<T> work) => _broken is null ? StagedUploads.Guard(work) : throw _broken;
}

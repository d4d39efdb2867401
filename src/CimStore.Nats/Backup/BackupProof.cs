using System.Buffers.Binary;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Nats.Backup;

/// <summary>Reads a backup to its end and compares it with its digest, before anything is done with it.</summary>
internal static class BackupProof
{
    private const int BufferSizeBytes = 256 * 1024;

    /// <returns>The description, where the payload begins, how long it is, and the digest.</returns>
    /// <exception cref="IntegrityException">It is not what was written.</exception>
    public static async ValueTask<(BackupHeader Header, long Start, long Size, string Digest)> ProveAsync(
        Stream input, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        if (!input.CanSeek)
        {
            throw new ArgumentException("A backup is read twice: it has to be a file.", nameof(input));
        }

        input.Position = 0;
        var hasher = new Blake3Hasher();
        var start = new byte[BackupHeader.FixedSizeBytes];
        await ReadAsync(input, start, hasher, cancellationToken);
        var json = new byte[BackupHeader.JsonSizeOf(start)];
        await ReadAsync(input, json, hasher, cancellationToken);
        var begin = input.Position;
        var size = input.Length - begin - BackupHeader.TrailerSizeBytes;
        if (size < 0)
        {
            throw Short();
        }

        await HashAsync(input, size, hasher, progress, cancellationToken);
        var trailer = new byte[BackupHeader.TrailerSizeBytes];
        await ReadAsync(input, trailer, null, cancellationToken);
        hasher.Update(trailer.AsSpan(0, 8));
        var digest = new byte[Blake3.HashSizeBytes];
        hasher.Finish(digest);
        if (BinaryPrimitives.ReadInt64LittleEndian(trailer) != size || !trailer.AsSpan(8).SequenceEqual(digest))
        {
            throw new IntegrityException(
                "The backup is not what was written: its BLAKE3 digest does not match. Nothing was restored; take "
                + "another copy of the file.");
        }

        return (BackupHeader.Read(json), begin, size, Convert.ToHexStringLower(digest));
    }

    private static async ValueTask HashAsync(
        Stream input, long size, Blake3Hasher hasher, IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSizeBytes];
        for (var read = 0L; read < size;)
        {
            var length = (int)Math.Min(buffer.Length, size - read);
            await ReadAsync(input, buffer.AsMemory(0, length), hasher, cancellationToken);
            read += length;
            progress?.Report(new BackupProgress("verify", read, size));
        }
    }

    private static async ValueTask ReadAsync(
        Stream input, Memory<byte> into, Blake3Hasher? hasher, CancellationToken cancellationToken)
    {
        if (await input.ReadAtLeastAsync(into, into.Length, throwOnEndOfStream: false, cancellationToken) < into.Length)
        {
            throw Short();
        }

        hasher?.Update(into.Span);
    }

    private static IntegrityException Short() => new("The backup is cut off. Nothing was restored.");
}

namespace CimStore.Disk.Files;

/// <summary>An open file. Explicit offsets, no shared position; safe for concurrent use.</summary>
internal interface IDiskFile : IDisposable
{
    string Path { get; }

    long Length { get; }

    /// <summary>Writes at the offset, perhaps fewer bytes than given. Use <see cref="DiskFiles.WriteFully"/>.</summary>
    /// <returns>Bytes written, at least 1 unless none were given.</returns>
    int Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>
    /// Writes past the page cache, when the file system, the offset and the bytes' place in memory allow it: copying a
    /// large write into fresh pages can take longer than the device does. No more durable than any other write.
    /// </summary>
    /// <returns>Bytes written; the rest, perhaps all of them, is for <see cref="Write"/>.</returns>
    int WriteBulk(ReadOnlySpan<byte> bytes, long offset) => 0;

    /// <summary>Reads until the destination is full or the file ends.</summary>
    /// <returns>Bytes read.</returns>
    int Read(Span<byte> destination, long offset);

    /// <summary>
    /// Has the next read of these bytes come from the device: lets go of what the page cache has of them
    /// (<c>posix_fadvise</c>). Bytes that are not written out yet, or that somebody has mapped, stay; where the file
    /// system cannot do it, nothing happens.
    /// </summary>
    /// <param name="offset">Where they begin.</param>
    /// <param name="length">How many; 0 is to the end of the file.</param>
    void DropCached(long offset, long length)
    {
    }

    /// <summary>
    /// Reserves room and sets the length. Where the file system cannot reserve, only the length is set.
    /// </summary>
    void Allocate(long length);

    void Truncate(long length);

    /// <summary>
    /// Sends the bytes to the device and waits until it has taken them (<c>sync_file_range</c>), so that the next sync
    /// of this or another file has less before it. They are no more durable than before. A failure is final, as a
    /// sync's is: the kernel tells it once. Where the file system cannot do it, nothing happens.
    /// </summary>
    void WriteOut(long offset, long length);

    /// <summary>
    /// Has the bytes sent to the device and does not wait: <see cref="WriteOut"/> of the same bytes does. A failure is
    /// final here too, and what goes wrong later is told by the next of these calls or by the sync.
    /// </summary>
    void StartWriteOut(long offset, long length);

    /// <summary>
    /// Makes the bytes and the length durable (<c>fdatasync</c>). Any failure is final: the kernel may have dropped the
    /// bytes and marked them clean, so a second sync that succeeds proves nothing.
    /// </summary>
    void SyncData(SyncPoint point);

    /// <summary>As <see cref="SyncData"/>, with times and permissions (<c>fsync</c>).</summary>
    void Sync(SyncPoint point);

    /// <summary>
    /// Takes the exclusive lock of this open file, without waiting; it ends with the file or the process.
    /// </summary>
    /// <returns>False when another open file holds it.</returns>
    bool TryLock();
}

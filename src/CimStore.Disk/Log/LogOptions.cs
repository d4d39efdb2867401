using System.Security.Cryptography;

namespace CimStore.Disk.Log;

internal sealed class LogOptions
{
    public const long SegmentBytesMin = 64 << 10;
    public const long SegmentBytesMax = 1 << 30;

    /// <summary>Bytes set aside at a time. A larger segment rolls less often and is compacted later.</summary>
    public long SegmentBytes
    {
        get;
        set => field = value is >= SegmentBytesMin and <= SegmentBytesMax && value % LogFormat.BlockBytes == 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "64 KiB to 1 GiB, a multiple of 4 KiB.");
    } = 64 << 20;

    /// <summary>When a batch holds this many bytes the next write waits for the next batch: 1 MiB syncs in about 1 ms
    /// where 4 KiB take 0.3 ms, so more gains little and makes everyone in the batch wait.</summary>
    public int BatchBytes { get; set => field = InRange(value, LogFormat.BlockBytes, 16 << 20); } = 1 << 20;

    public int BatchWrites { get; set => field = InRange(value, 1, 4096); } = 64;

    /// <summary>The largest single write, its records' heads included. It makes a batch of its own.</summary>
    public int WriteBytesMax { get; set => field = InRange(value, LogFormat.BlockBytes, 256 << 20); } = 16 << 20;

    /// <summary>Writes that may wait for a place in a batch; more are refused.</summary>
    public int WaitingWritesMax { get; set => field = InRange(value, 1, 1 << 20); } = 16384;

    /// <summary>How long the log is idle before it writes a mark. Zero: never.</summary>
    public TimeSpan IdleMarkDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Zeros written behind a small batch, by the same sync, so that the batches after it overwrite and do not append:
    /// on ext4 such a sync takes half as long, because the file's extents are left alone. Only behind batches of at
    /// most a quarter of it; larger ones gain less than the second writing costs. 0: never.
    /// </summary>
    public int PreWriteBytes { get; set => field = InRange(value, 0, 16 << 20); } = 128 << 10;

    /// <summary>Dropped segments kept for reuse: 35-60 % faster from 16 writes in flight on, for their room.</summary>
    public int RecycledSegmentsMax { get; set => field = InRange(value, 0, 1024); }

    /// <summary>Open handles to segments that nobody is reading.</summary>
    public int OpenSegmentsMax { get; set => field = InRange(value, 1, 65536); } = 512;

    /// <summary>
    /// Whether a caller who finds the log idle writes and syncs with its own thread. Not where one caller commits to
    /// several logs: one sync would wait for the other.
    /// </summary>
    public bool CallersLead { get; set; } = true;

    /// <summary>Gives each segment its nonce.</summary>
    public Func<ulong> NonceSource { get; set; } = static () =>
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToUInt64(bytes);
    };

    private static int InRange(int value, int min, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, min);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, max);
        return value;
    }
}

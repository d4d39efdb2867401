using System.Runtime.Intrinsics;
using CimStore.Content;

namespace CimStore.Engine;

/// <summary>A part of a content on its way from a copy to its proof, which one thread reads and hashes.</summary>
internal sealed class ContentRun(long start, Memory<byte> bytes)
{
    public long Start { get; } = start;

    public long End => Start + Bytes.Length;

    public Memory<byte> Bytes { get; } = bytes;

    public long FirstGroup => Start / Blake3Outboard.GroupSizeBytes;

    public long Groups => (Bytes.Length + Blake3Outboard.GroupSizeBytes - 1) / Blake3Outboard.GroupSizeBytes;

    /// <summary>Bytes read; null when the copy was not there, or reading it failed.</summary>
    public int? Filled { get; set; }

    public Exception? Fault { get; set; }

    public bool IsFilled => Filled == Bytes.Length;

    /// <summary>Null when it is not one subtree: then it is hashed where it is proved.</summary>
    public Vector256<byte>? Hash { get; set; }

    /// <summary>What became of the reading, told again.</summary>
    public ValueTask<int?> Outcome => Fault is null
        ? ValueTask.FromResult(Filled)
        : ValueTask.FromException<int?>(Fault);
}

using System.Buffers;
using System.Diagnostics;

namespace CimStore.Content;

/// <summary>
/// BLAKE3 over bytes that arrive in pieces. Reusable after <see cref="Reset"/>; allocates only when created. Updates
/// of 256 KiB or more run at full speed, smaller ones are gathered to 16 KiB first. Not for use by two threads at once.
/// </summary>
public sealed unsafe class Blake3Hasher
{
    private const int BufferSizeBytes = Blake3Outboard.GroupSizeBytes;

    private readonly byte[] _buffer = new byte[BufferSizeBytes];
    private Blake3Tree _tree;
    private int _buffered;

    public Blake3Hasher()
        : this(Blake3Mode.Plain(Blake3Paths.Best), null)
    {
    }

    internal Blake3Hasher(in Blake3Mode mode, IBufferWriter<byte>? nodes) => _tree = new Blake3Tree(mode, nodes);

    /// <summary>Bytes given since the start or the last <see cref="Reset"/>.</summary>
    public long Length => ((long)_tree.Chunks * Blake3Words.ChunkSizeBytes) + _buffered;

    public static Blake3Hasher CreateKeyed(ReadOnlySpan<byte> key) =>
        new(Blake3Mode.Keyed(key, Blake3Paths.Best), null);

    /// <summary>See <see cref="Blake3.DeriveKey"/>.</summary>
    public static Blake3Hasher CreateDeriveKey(string context) =>
        new(Blake3Mode.DeriveKey(context, Blake3Paths.Best), null);

    public void Update(ReadOnlySpan<byte> content)
    {
        if (_buffered > 0)
        {
            content = content[Fill(content)..];
        }

        fixed (byte* start = content)
        {
            var input = start;
            var left = content.Length;
            while (left >= BufferSizeBytes)
            {
                var chunks = _tree.NextChunks(left);
                Debug.Assert(chunks >= Blake3Outboard.GroupChunks, "The tree is always aligned to groups here.");
                _tree.Add(input, chunks);
                input += chunks * Blake3Words.ChunkSizeBytes;
                left -= chunks * Blake3Words.ChunkSizeBytes;
            }

            if (left > 0)
            {
                new ReadOnlySpan<byte>(input, left).CopyTo(_buffer);
                _buffered = left;
            }
        }
    }

    /// <summary>
    /// Writes output bytes from <paramref name="outputOffset"/> on, as many as <paramref name="output"/> holds. Changes
    /// nothing: more content may follow, and another output may be asked for.
    /// </summary>
    public void Finish(Span<byte> output, ulong outputOffset = 0)
    {
        Blake3Root root;
        fixed (byte* input = _buffer)
        {
            _tree.Finish(input, _buffered, out root);
        }

        root.Write(outputOffset, output);
    }

    /// <summary>Forgets the content, keeps the mode and the key.</summary>
    public void Reset()
    {
        _tree.Clear();
        _buffered = 0;
    }

    private int Fill(ReadOnlySpan<byte> content)
    {
        var size = Math.Min(content.Length, BufferSizeBytes - _buffered);
        content[..size].CopyTo(_buffer.AsSpan(_buffered));
        _buffered += size;
        if (_buffered == BufferSizeBytes)
        {
            fixed (byte* input = _buffer)
            {
                _tree.Add(input, Blake3Outboard.GroupChunks);
            }

            _buffered = 0;
        }

        return size;
    }
}

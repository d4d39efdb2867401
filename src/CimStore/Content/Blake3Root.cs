using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CimStore.Content;

/// <summary>
/// The inputs of the last compression of a hash. Output of any length comes from repeating it with a counter of
/// 64-byte blocks, so output can begin anywhere.
/// </summary>
internal unsafe struct Blake3Root
{
    private fixed uint _cv[8];
    private fixed byte _block[Blake3Words.BlockSizeBytes];
    private uint _length;
    private uint _flags;
    private Blake3Path _path;

    /// <summary>The root of a content of one chunk: its last block is left to compress.</summary>
    [SkipLocalsInit]
    public static Blake3Root OfChunk(in Blake3Mode mode, byte* input, uint length)
    {
        var state = stackalloc uint[16];
        fixed (uint* key = mode.Key)
        {
            Unsafe.CopyBlockUnaligned(state, key, Blake3Words.CvSizeBytes);
        }

        var flags = mode.Flags | Blake3Words.ChunkStart;
        for (; length > Blake3Words.BlockSizeBytes; length -= Blake3Words.BlockSizeBytes)
        {
            Blake3Compression.Compress(mode.Path, state, input, Blake3Words.BlockSizeBytes, 0, flags, state);
            input += Blake3Words.BlockSizeBytes;
            flags = mode.Flags;
        }

        return Create(mode, state, input, length, flags | Blake3Words.ChunkEnd);
    }

    /// <summary>The root of a larger content, from the two chaining values below it.</summary>
    public static Blake3Root OfPair(in Blake3Mode mode, byte* pair)
    {
        fixed (uint* key = mode.Key)
        {
            return Create(mode, key, pair, Blake3Words.BlockSizeBytes, mode.Flags | Blake3Words.Parent);
        }
    }

    /// <summary>Writes output bytes from <paramref name="offset"/> on.</summary>
    [SkipLocalsInit]
    public void Write(ulong offset, Span<byte> output)
    {
        var words = stackalloc uint[16];
        var counter = offset / Blake3Words.BlockSizeBytes;
        var skip = (int)(offset % Blake3Words.BlockSizeBytes);
        fixed (uint* cv = _cv)
        fixed (byte* block = _block)
        {
            for (; !output.IsEmpty; counter++)
            {
                Blake3Compression.Compress(_path, cv, block, _length, counter, _flags, words);
                var size = Math.Min(output.Length, Blake3Words.BlockSizeBytes - skip);
                new ReadOnlySpan<byte>((byte*)words + skip, size).CopyTo(output);
                output = output[size..];
                skip = 0;
            }
        }
    }

    private static Blake3Root Create(in Blake3Mode mode, uint* cv, byte* input, uint length, uint flags)
    {
        var root = new Blake3Root { _length = length, _flags = flags | Blake3Words.Root, _path = mode.Path };
        new ReadOnlySpan<uint>(cv, 8).CopyTo(MemoryMarshal.CreateSpan(ref root._cv[0], 8));
        new ReadOnlySpan<byte>(input, (int)length)
            .CopyTo(MemoryMarshal.CreateSpan(ref root._block[0], Blake3Words.BlockSizeBytes));
        return root;
    }
}

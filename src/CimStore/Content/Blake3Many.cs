using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CimStore.Content;

/// <summary>
/// Hashes many small contents beside each other: chunks of different contents share a vector, and so do their parents.
/// Whole chunks run together; the short last chunks run together in order of length, so that few lanes wait.
/// </summary>
internal unsafe ref struct Blake3Many
{
    /// <summary>A content larger than this fills the lanes by itself and is hashed alone.</summary>
    public const int ContentSizeBytesMax = Blake3Subtree.ChunksMax * Blake3Words.ChunkSizeBytes;

    /// <summary>512 chunks: 16 KiB of chaining values for each of two layers, on the stack.</summary>
    private const int ChunksMax = 512;

    private const int ContentsMax = 256;

    private readonly Blake3Mode _mode;
    private readonly int _lanes;
    private readonly byte** _inputs;
    private readonly int* _lengths;
    private readonly byte* _digests;
    private int* _starts;
    private int* _counts;
    private byte* _layer;
    private byte* _above;

    public Blake3Many(in Blake3Mode mode, byte** inputs, int* lengths, byte* digests)
    {
        _mode = mode;
        _lanes = Blake3Dispatch.LanesOf(mode.Path);
        _inputs = inputs;
        _lengths = lengths;
        _digests = digests;
    }

    /// <summary>Writes 32 bytes for each of <paramref name="count"/> contents.</summary>
    [SkipLocalsInit]
    public void Run(int count)
    {
        var numbers = stackalloc int[2 * ContentsMax];
        var cvs = stackalloc byte[2 * ChunksMax * Blake3Words.CvSizeBytes];
        _starts = numbers;
        _counts = numbers + ContentsMax;
        var first = 0;
        while (first < count)
        {
            _layer = cvs;
            _above = cvs + (ChunksMax * Blake3Words.CvSizeBytes);
            var end = TakeBatch(first, count);
            if (end == first)
            {
                RunAlone(first);
                end++;
            }
            else
            {
                HashChunks(first, end);
                HashParents(first, end);
            }

            first = end;
        }
    }

    // Notes where each content's chaining values will lie, for as many contents as the stack has room for.
    private readonly int TakeBatch(int first, int count)
    {
        var chunks = 0;
        var content = first;
        for (; content < count && content - first < ContentsMax; content++)
        {
            var length = _lengths[content];
            var own = Math.Max(1, (int)(((uint)length + Blake3Words.ChunkSizeBytes - 1) / Blake3Words.ChunkSizeBytes));
            if (length > ContentSizeBytesMax || chunks + own > ChunksMax)
            {
                break;
            }

            _starts[content - first] = chunks;
            _counts[content - first] = own;
            chunks += own;
        }

        return content;
    }

    private readonly void RunAlone(int content)
    {
        var digest = new Span<byte>(Digest(content), Blake3.HashSizeBytes);
        Blake3.Hash(_mode, new ReadOnlySpan<byte>(_inputs[content], _lengths[content]), digest);
    }

    [SkipLocalsInit]
    private readonly void HashChunks(int first, int end)
    {
        Unsafe.SkipInit(out Blake3Jobs jobs);
        jobs.Clear();
        for (var content = first; content < end; content++)
        {
            var whole = _lengths[content] / Blake3Words.ChunkSizeBytes;
            for (var chunk = 0; chunk < whole; chunk++)
            {
                AddChunk(&jobs, first, content, chunk, Blake3Words.ChunkSizeBytes);
            }
        }

        Flush(&jobs, Blake3Words.ChunkStart);
        Span<short> order = stackalloc short[ContentsMax];
        foreach (var index in order[..SortTails(first, end, order)])
        {
            var content = first + index;
            var whole = _lengths[content] / Blake3Words.ChunkSizeBytes;
            AddChunk(&jobs, first, content, whole, _lengths[content] % Blake3Words.ChunkSizeBytes);
        }

        Flush(&jobs, Blake3Words.ChunkStart);
    }

    private readonly void AddChunk(Blake3Jobs* jobs, int first, int content, int chunk, int size)
    {
        var alone = _counts[content - first] == 1;
        var cv = _layer + ((_starts[content - first] + chunk) * Blake3Words.CvSizeBytes);
        jobs->AddChunk(
            _inputs[content] + (chunk * Blake3Words.ChunkSizeBytes),
            (uint)size,
            (ulong)chunk,
            _mode.Flags,
            alone ? Blake3Words.ChunkEnd | Blake3Words.Root : Blake3Words.ChunkEnd,
            alone ? Digest(content) : cv);
        if (jobs->Count == _lanes)
        {
            Flush(jobs, Blake3Words.ChunkStart);
        }
    }

    // A counting sort by blocks: a run of lanes takes as long as its longest, so equals should meet.
    private readonly int SortTails(int first, int end, Span<short> order)
    {
        Span<int> places = stackalloc int[Blake3Words.BlocksPerChunk + 1];
        places.Clear();
        for (var content = first; content < end; content++)
        {
            if (TailBlocks(_lengths[content]) is { } blocks)
            {
                places[blocks]++;
            }
        }

        var total = 0;
        for (var blocks = 0; blocks < places.Length; blocks++)
        {
            (places[blocks], total) = (total, total + places[blocks]);
        }

        for (var content = first; content < end; content++)
        {
            if (TailBlocks(_lengths[content]) is { } blocks)
            {
                order[places[blocks]++] = (short)(content - first);
            }
        }

        return total;
    }

    // The blocks of a short last chunk, or null when the content is whole chunks. No content at all is one short chunk.
    private static int? TailBlocks(int length)
    {
        var tail = length % Blake3Words.ChunkSizeBytes;
        return tail == 0 && length > 0 ? null : (tail + Blake3Words.BlockSizeBytes - 1) / Blake3Words.BlockSizeBytes;
    }

    // One layer of all contents at a time. Layers alternate between two places: a job that waits for its lanes must
    // still find its inputs when others of its layer have been written.
    [SkipLocalsInit]
    private void HashParents(int first, int end)
    {
        Unsafe.SkipInit(out Blake3Jobs jobs);
        jobs.Clear();
        bool isDone;
        do
        {
            isDone = true;
            for (var content = first; content < end; content++)
            {
                if (_counts[content - first] > 1)
                {
                    AddParents(&jobs, first, content);
                    isDone = false;
                }
            }

            Flush(&jobs, 0);
            var below = _layer;
            _layer = _above;
            _above = below;
        }
        while (!isDone);
    }

    private readonly void AddParents(Blake3Jobs* jobs, int first, int content)
    {
        var start = _starts[content - first] * Blake3Words.CvSizeBytes;
        var count = _counts[content - first];
        var output = count == 2 ? Digest(content) : _above + start;
        var flags = _mode.Flags | Blake3Words.Parent | (count == 2 ? Blake3Words.Root : 0);
        for (var pair = 0; pair < count / 2; pair++)
        {
            var input = _layer + start + (pair * Blake3Words.BlockSizeBytes);
            jobs->Add(input, 0, 0, flags, 0, output + (pair * Blake3Words.CvSizeBytes));
            if (jobs->Count == _lanes)
            {
                Flush(jobs, 0);
            }
        }

        if (count % 2 == 1)
        {
            var odd = (count - 1) * Blake3Words.CvSizeBytes;
            Unsafe.CopyBlockUnaligned(output + (odd / 2), _layer + start + odd, Blake3Words.CvSizeBytes);
        }

        _counts[content - first] = (count / 2) + (count % 2);
    }

    private readonly void Flush(Blake3Jobs* jobs, uint startFlag)
    {
        if (jobs->Count == 0)
        {
            return;
        }

        Debug.Assert(jobs->Count <= _lanes, "A run never holds more jobs than lanes.");
        fixed (uint* key = _mode.Key)
        {
            Blake3Dispatch.Run(_mode.Path, jobs, key, startFlag);
        }
    }

    private readonly byte* Digest(int content) => _digests + ((long)content * Blake3.HashSizeBytes);
}

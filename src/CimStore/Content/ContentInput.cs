using System.Buffers;
using System.IO.Pipelines;

namespace CimStore.Content;

/// <summary>A pipe that knows where it is, and ends where it is told.</summary>
internal sealed class ContentInput(PipeReader pipe)
{
    /// <summary>How many bytes have been taken from the pipe.</summary>
    public long Offset { get; private set; }

    /// <summary>Nothing is read beyond this offset.</summary>
    public long End { get; set; } = long.MaxValue;

    /// <summary>Copies what comes next without taking it; less than asked for only at the end.</summary>
    public async ValueTask<int> PeekAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        var want = (int)Math.Min(destination.Length, End - Offset);
        if (want == 0)
        {
            return 0;
        }

        var result = await pipe.ReadAtLeastAsync(want, cancellationToken);
        ThrowIfCanceled(in result);
        var count = (int)Math.Min(want, result.Buffer.Length);
        result.Buffer.Slice(0, count).CopyTo(destination.Span);
        pipe.AdvanceTo(result.Buffer.Start);
        return count;
    }

    /// <summary>Takes exactly this many bytes, or as many as there are.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (filled < destination.Length && Offset < End)
        {
            var (result, part) = await NextAsync(destination.Length - filled, cancellationToken);
            part.CopyTo(destination.Span[filled..]);
            filled += (int)part.Length;
            if (!Take(in result, in part))
            {
                break;
            }
        }

        return filled;
    }

    /// <summary>Takes this many bytes into a hasher and an output, whichever are given.</summary>
    /// <returns>How many bytes there were.</returns>
    public async ValueTask<long> PumpAsync(
        long size, ContentHasher? hasher, PipeWriter? output, CancellationToken cancellationToken)
    {
        var done = 0L;
        while (done < size && Offset < End)
        {
            var (result, part) = await NextAsync(size - done, cancellationToken);
            foreach (var piece in part)
            {
                hasher?.Update(piece.Span);
                output?.Write(piece.Span);
            }

            done += part.Length;
            var goesOn = Take(in result, in part);
            if (output is not null)
            {
                await ContentOutput.FlushAsync(output, cancellationToken);
            }

            if (!goesOn)
            {
                break;
            }
        }

        return done;
    }

    public async ValueTask<bool> IsAtEndAsync(CancellationToken cancellationToken)
    {
        if (Offset >= End)
        {
            return true;
        }

        var result = await pipe.ReadAtLeastAsync(1, cancellationToken);
        ThrowIfCanceled(in result);
        pipe.AdvanceTo(result.Buffer.Start);
        return result.Buffer.IsEmpty;
    }

    private static void ThrowIfCanceled(in ReadResult result)
    {
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("The read was cancelled.");
        }
    }

    private async ValueTask<(ReadResult Result, ReadOnlySequence<byte> Part)> NextAsync(
        long size, CancellationToken cancellationToken)
    {
        var result = await pipe.ReadAsync(cancellationToken);
        ThrowIfCanceled(in result);
        var take = Math.Min(Math.Min(size, End - Offset), result.Buffer.Length);
        return (result, result.Buffer.Slice(0, take));
    }

    /// <returns>False when the pipe has ended.</returns>
    private bool Take(in ReadResult result, in ReadOnlySequence<byte> part)
    {
        Offset += part.Length;
        pipe.AdvanceTo(part.End);
        return !(result.IsCompleted && part.IsEmpty);
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace CimStore.Content;

/// <summary>
/// Writes a CAR to a pipe. Version 1 streams. Version 2 streams too, with an index at the end; what its header must say
/// is known only then, so <see cref="FinishAsync"/> returns the first bytes for the caller to write at the beginning.
/// </summary>
/// <remarks>Blocks are not hashed again here: whoever reads them from a location has verified them.</remarks>
public sealed class CarWriter
{
    /// <summary>Bytes that may wait in the pipe before it is asked to take them.</summary>
    private const int FlushSizeBytes = 64 * 1024;

    private readonly PipeWriter _output;
    private readonly List<(Cid Cid, long Offset)>? _index;
    private long _unflushed;
    private int _headerSize;

    private CarWriter(PipeWriter output, CarFormat format)
    {
        _output = output;
        _index = format == CarFormat.V2 ? [] : null;
        Format = format;
    }

    public CarFormat Format { get; }

    /// <summary>How many bytes have been written.</summary>
    public long Length { get; private set; }

    private long DataStart => Format == CarFormat.V2 ? CarV2Header.HeadSizeBytes : 0;

    /// <summary>Writes the header. The caller completes the pipe, after <see cref="FinishAsync"/>.</summary>
    /// <param name="output">The pipe.</param>
    /// <param name="roots">The roots, or names of their length to take their room until they are known.</param>
    /// <param name="format">Version 1 or 2.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    public static async ValueTask<CarWriter> CreateAsync(
        PipeWriter output, IReadOnlyList<Cid> roots, CarFormat format, CancellationToken cancellationToken)
    {
        var writer = new CarWriter(output, format);
        if (format == CarFormat.V2)
        {
            output.Write(CarV2Header.Pragma);
            output.Write(new byte[CarV2Header.SizeBytes]);
            writer.Count(CarV2Header.HeadSizeBytes);
        }

        writer._headerSize = WriteHeader(roots, output);
        writer.Count(writer._headerSize);
        await ContentOutput.FlushAsync(output, cancellationToken);
        return writer;
    }

    public async ValueTask WriteBlockAsync(
        Cid cid, ReadOnlySequence<byte> block, CancellationToken cancellationToken)
    {
        WriteSectionHead(in cid, block.Length);
        foreach (var piece in block)
        {
            _output.Write(piece.Span);
        }

        Count(block.Length);
        await FlushIfDueAsync(cancellationToken);
    }

    /// <summary>Writes a block that is too large to hold.</summary>
    /// <exception cref="IOException">The block has another size than announced: the output is not a CAR.</exception>
    public async ValueTask WriteBlockAsync(
        Cid cid, PipeReader block, long sizeBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeBytes);

        WriteSectionHead(in cid, sizeBytes);
        var input = new ContentInput(block);
        var count = await input.PumpAsync(sizeBytes, hasher: null, _output, cancellationToken);
        Count(count);
        if (count < sizeBytes || !await input.IsAtEndAsync(cancellationToken))
        {
            throw new IOException($"Block {cid} does not have the {sizeBytes} bytes that were announced for it.");
        }

        await FlushIfDueAsync(cancellationToken);
    }

    /// <summary>Writes the index of version 2 and flushes.</summary>
    /// <param name="roots">
    /// Null when the roots given at the beginning stand. Else the roots as they have turned out, which take the same
    /// room: as many as were given, and names of the same length.
    /// </param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <returns>
    /// The bytes to write at the beginning of the file: none for version 1 when the first roots stand.
    /// </returns>
    public async ValueTask<ReadOnlyMemory<byte>> FinishAsync(
        IReadOnlyList<Cid>? roots, CancellationToken cancellationToken)
    {
        var head = new ArrayBufferWriter<byte>();
        if (_index is not null)
        {
            head.Write(CarV2Header.Pragma);
            new CarV2Header(IsFullyIndexed: true, DataStart, Length - DataStart, Length)
                .Write(head.GetSpan(CarV2Header.SizeBytes));
            head.Advance(CarV2Header.SizeBytes);
            await WriteIndexAsync(_index, cancellationToken);
        }

        await ContentOutput.FlushAsync(_output, cancellationToken);
        if (roots is not null && WriteHeader(roots, head) != _headerSize)
        {
            throw new ArgumentException("The roots do not take the room of the first ones.", nameof(roots));
        }

        return head.WrittenMemory;
    }

    private static int WriteHeader(IReadOnlyList<Cid> roots, IBufferWriter<byte> output)
    {
        var header = new ArrayBufferWriter<byte>();
        var cbor = new DagCborWriter(header);
        cbor.WriteMapStart(2);
        cbor.WriteString("roots"u8);
        cbor.WriteListStart(roots.Count);
        foreach (var root in roots)
        {
            cbor.WriteLink(root);
        }

        cbor.WriteString("version"u8);
        cbor.WriteUInt(1);
        var size = UnsignedVarint.Write(output.GetSpan(UnsignedVarint.SizeMax), (ulong)header.WrittenCount);
        output.Advance(size);
        output.Write(header.WrittenSpan);
        return size + header.WrittenCount;
    }

    private void WriteSectionHead(in Cid cid, long blockSize)
    {
        _index?.Add((cid, Length - DataStart));
        var cidSize = cid.ByteLength;
        var span = _output.GetSpan(UnsignedVarint.SizeMax + cidSize);
        var size = UnsignedVarint.Write(span, (ulong)(cidSize + blockSize));
        size += cid.WriteBytes(span[size..]);
        _output.Advance(size);
        Count(size);
    }

    private async ValueTask WriteIndexAsync(List<(Cid Cid, long Offset)> index, CancellationToken cancellationToken)
    {
        index.Sort(static (left, right) => Compare(in left.Cid, in right.Cid) is var order and not 0
            ? order
            : left.Offset.CompareTo(right.Offset));
        _output.Advance(UnsignedVarint.Write(_output.GetSpan(UnsignedVarint.SizeMax), CarIndex.MultihashIndexSorted));
        WriteNumber(index.Select(entry => entry.Cid.HashFunction).Distinct().Count(), 4);
        for (var start = 0; start < index.Count;)
        {
            var function = index[start].Cid.HashFunction;
            var end = RunEnd(index, start, (in Cid cid) => cid.HashFunction == function);
            WriteNumber((long)function, 8);
            WriteNumber(index.Skip(start).Take(end - start).Select(e => e.Cid.Digest.Length).Distinct().Count(), 4);
            while (start < end)
            {
                var digestSize = index[start].Cid.Digest.Length;
                var groupEnd = RunEnd(
                    index, start, (in Cid cid) => cid.HashFunction == function && cid.Digest.Length == digestSize);
                WriteNumber(digestSize + 8, 4);
                WriteNumber((long)(groupEnd - start) * (digestSize + 8), 8);
                for (; start < groupEnd; start++)
                {
                    _output.Write(index[start].Cid.Digest);
                    WriteNumber(index[start].Offset, 8);
                    _unflushed += digestSize + 8;
                    await FlushIfDueAsync(cancellationToken);
                }
            }
        }
    }

    private static int Compare(in Cid left, in Cid right)
    {
        var order = left.HashFunction.CompareTo(right.HashFunction);
        order = order != 0 ? order : left.Digest.Length.CompareTo(right.Digest.Length);
        return order != 0 ? order : left.Digest.SequenceCompareTo(right.Digest);
    }

    private delegate bool CidTest(in Cid cid);

    private static int RunEnd(List<(Cid Cid, long Offset)> index, int start, CidTest belongs)
    {
        var end = start;
        while (end < index.Count && belongs(index[end].Cid))
        {
            end++;
        }

        return end;
    }

    private void WriteNumber(long value, int size)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _output.Write(bytes[..size]);
    }

    private void Count(long size)
    {
        Length += size;
        _unflushed += size;
    }

    private async ValueTask FlushIfDueAsync(CancellationToken cancellationToken)
    {
        if (_unflushed >= FlushSizeBytes)
        {
            _unflushed = 0;
            await ContentOutput.FlushAsync(_output, cancellationToken);
        }
    }
}

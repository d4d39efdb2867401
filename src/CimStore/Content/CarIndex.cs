using System.Buffers.Binary;
using System.Collections.Immutable;

namespace CimStore.Content;

/// <summary>
/// The index of a CARv2: MultihashIndexSorted (0x0401), or the older IndexSorted (0x0400), which leaves out the hash
/// function. Reads from the memory it was given and builds nothing but a list of its groups.
/// </summary>
public sealed class CarIndex
{
    public const ulong IndexSorted = 0x0400;
    public const ulong MultihashIndexSorted = 0x0401;

    private const string Format = "CAR index";
    private const int OffsetSize = 8;
    private const int GroupHeadSize = 4 + 8;
    private const int FunctionHeadSize = 8 + 4;

    private readonly ImmutableArray<Group> _groups;

    private CarIndex(ulong codec, ImmutableArray<Group> groups)
    {
        Codec = codec;
        _groups = groups;
    }

    public ulong Codec { get; }

    public long Count => _groups.Sum(group => group.Count);

    /// <summary>All entries, sorted by function, length of digest and digest.</summary>
    public IEnumerable<CarIndexEntry> Entries =>
        from grouping in _groups
        from index in Enumerable.Range(0, grouping.Count)
        select grouping.EntryAt(index);

    /// <exception cref="ContentFormatException">The bytes are not an index.</exception>
    public static CarIndex Decode(ReadOnlyMemory<byte> source)
    {
        var position = ReadCodec(source.Span, out var codec);
        var groups = ImmutableArray.CreateBuilder<Group>();
        if (codec == IndexSorted)
        {
            ReadGroups(source, ref position, function: null, groups);
        }
        else
        {
            for (var remaining = ReadCount(source.Span, ref position); remaining > 0; remaining--)
            {
                Require(source.Span, position, FunctionHeadSize);
                var function = BinaryPrimitives.ReadUInt64LittleEndian(source.Span[position..]);
                position += 8;
                ReadGroups(source, ref position, function, groups);
            }
        }

        return position == source.Length
            ? new CarIndex(codec, groups.DrainToImmutable())
            : throw Refuse(position, $"{source.Length - position} bytes follow the index");
    }

    /// <summary>Where the section of this name begins, or null when the index does not know it.</summary>
    public long? Find(in Cid cid)
    {
        foreach (var group in _groups)
        {
            var isRight = group.DigestSize == cid.Digest.Length
                && (group.Function is null || group.Function == cid.HashFunction);
            if (isRight && group.Find(cid.Digest) is { } offset)
            {
                return offset;
            }
        }

        return null;
    }

    /// <summary>
    /// Steps over an index in a stream, and sees that it is whole and that nothing follows. An index of another kind is
    /// left alone: published archives have older ones, and no block is read by it here.
    /// </summary>
    internal static async ValueTask WalkAsync(ContentInput input, CancellationToken cancellationToken)
    {
        var head = new byte[UnsignedVarint.SizeMax];
        var start = input.Offset;
        var count = await input.PeekAsync(head, cancellationToken);
        if (!UnsignedVarint.TryRead(head.AsSpan(0, count), out var codec, out var consumed))
        {
            throw Refuse(start + count, "the file ends where the index should begin");
        }

        if (codec is not (IndexSorted or MultihashIndexSorted))
        {
            return;
        }

        await SkipAsync(input, consumed, cancellationToken);
        var functions = codec == IndexSorted ? 1 : await WalkNumberAsync(input, 4, cancellationToken);
        for (; functions > 0; functions--)
        {
            await SkipAsync(input, codec == IndexSorted ? 0 : 8, cancellationToken);
            for (var groups = await WalkNumberAsync(input, 4, cancellationToken); groups > 0; groups--)
            {
                var at = input.Offset;
                var width = await WalkNumberAsync(input, 4, cancellationToken);
                var size = await WalkNumberAsync(input, 8, cancellationToken);
                CheckGroup(at, width, size);
                await SkipAsync(input, size, cancellationToken);
            }
        }

        if (!await input.IsAtEndAsync(cancellationToken))
        {
            throw Refuse(input.Offset, "bytes follow the index");
        }
    }

    private static int ReadCodec(ReadOnlySpan<byte> source, out ulong codec)
    {
        if (!UnsignedVarint.TryRead(source, out codec, out var consumed))
        {
            throw Refuse(0, "the index has no codec");
        }

        return codec is IndexSorted or MultihashIndexSorted
            ? consumed
            : throw Refuse(0, $"index codec 0x{codec:x} is not known");
    }

    private static void ReadGroups(
        ReadOnlyMemory<byte> source, ref int position, ulong? function, ImmutableArray<Group>.Builder groups)
    {
        for (var remaining = ReadCount(source.Span, ref position); remaining > 0; remaining--)
        {
            Require(source.Span, position, GroupHeadSize);
            long width = BinaryPrimitives.ReadUInt32LittleEndian(source.Span[position..]);
            var size = BinaryPrimitives.ReadInt64LittleEndian(source.Span[(position + 4)..]);
            CheckGroup(position, width, size);
            position += GroupHeadSize;
            Require(source.Span, position, size);
            groups.Add(new Group(function, (int)width, source.Slice(position, (int)size)));
            position += (int)size;
        }
    }

    private static int ReadCount(ReadOnlySpan<byte> source, ref int position)
    {
        Require(source, position, 4);
        var count = BinaryPrimitives.ReadInt32LittleEndian(source[position..]);
        position += 4;
        return count >= 0 ? count : throw Refuse(position - 4, $"a count of {count}");
    }

    private static void CheckGroup(long position, long width, long size)
    {
        if (width is < OffsetSize or > OffsetSize + Multihash.DigestSizeMax)
        {
            throw Refuse(position, $"entries of {width} bytes");
        }

        if (size < 0 || size % width != 0)
        {
            throw Refuse(position, $"{size} bytes of entries of {width} bytes");
        }
    }

    private static void Require(ReadOnlySpan<byte> source, int position, long size)
    {
        if (source.Length - position < size)
        {
            throw Refuse(source.Length, $"the index ends {size - (source.Length - position)} bytes early");
        }
    }

    private static async ValueTask SkipAsync(ContentInput input, long size, CancellationToken cancellationToken)
    {
        if (await input.PumpAsync(size, hasher: null, output: null, cancellationToken) < size)
        {
            throw Refuse(input.Offset, "the file ends inside the index");
        }
    }

    private static async ValueTask<long> WalkNumberAsync(
        ContentInput input, int size, CancellationToken cancellationToken)
    {
        var bytes = new byte[8];
        var start = input.Offset;
        if (await input.ReadAsync(bytes.AsMemory(0, size), cancellationToken) < size)
        {
            throw Refuse(input.Offset, "the file ends inside the index");
        }

        var value = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return value >= 0 ? value : throw Refuse(start, "a number in the index is negative");
    }

    private static ContentFormatException Refuse(long offset, string problem) => new(Format, offset, problem);

    /// <summary>Entries of one function and one length of digest, sorted by digest.</summary>
    private readonly record struct Group(ulong? Function, int Width, ReadOnlyMemory<byte> Data)
    {
        public int DigestSize => Width - OffsetSize;

        public int Count => Data.Length / Width;

        public CarIndexEntry EntryAt(int index)
        {
            var entry = Data.Slice(index * Width, Width);
            return new CarIndexEntry(
                Function, entry[..DigestSize], BinaryPrimitives.ReadInt64LittleEndian(entry.Span[DigestSize..]));
        }

        public long? Find(ReadOnlySpan<byte> digest)
        {
            var (low, high) = (0, Count - 1);
            while (low <= high)
            {
                var middle = low + ((high - low) / 2);
                var entry = EntryAt(middle);
                var order = entry.Digest.Span.SequenceCompareTo(digest);
                if (order == 0)
                {
                    return entry.Offset;
                }

                (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
            }

            return null;
        }
    }
}

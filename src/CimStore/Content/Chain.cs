using System.Buffers;

namespace CimStore.Content;

/// <summary>
/// A content chain: appended to at its head, and verified from its head. Whoever knows the head knows every entry: each
/// one vouches for the name of the one before, so that a changed entry is found where it stands.
/// </summary>
public sealed class Chain
{
    private readonly BlockSink _sink;
    private readonly ArrayBufferWriter<byte> _block = new(256);
    private ChainEntry? _last;

    private Chain(BlockSink sink, Cid? head, ChainEntry? last)
    {
        _sink = sink;
        _last = last;
        Head = head;
    }

    /// <summary>The name of the newest entry, or null when the chain is empty.</summary>
    public Cid? Head { get; private set; }

    public long Length => _last is { } last ? last.Sequence + 1 : 0;

    public static Chain Begin(BlockSink sink) => new(sink, null, null);

    /// <summary>Goes on after an entry that is already there.</summary>
    /// <exception cref="ContentFormatException">The head is absent or is not what its name says.</exception>
    public static async ValueTask<Chain> ResumeAsync(
        Cid head, BlockSource source, BlockSink sink, CancellationToken cancellationToken)
    {
        var (entry, problem) = await ReadAsync(head, source, cancellationToken);
        return entry is not null
            ? new Chain(sink, head, entry)
            : throw new ContentFormatException("chain", 0, $"entry {head} {problem}");
    }

    /// <summary>Appends an entry. One caller at a time: a chain has one writer.</summary>
    /// <returns>The new head.</returns>
    public async ValueTask<Cid> AppendAsync(Cid content, CancellationToken cancellationToken)
    {
        var entry = _last is { } last ? last.Next(Head!.Value, content) : ChainEntry.First(content);
        _block.ResetWrittenCount();
        var name = entry.Encode(_block);
        await _sink(name, new ReadOnlySequence<byte>(_block.WrittenMemory), cancellationToken);
        (_last, Head) = (entry, name);
        return name;
    }

    /// <summary>Walks from the head to the first entry, in constant memory; names the one that is not right.</summary>
    public static async ValueTask<ChainVerdict> VerifyAsync(
        Cid head, BlockSource source, CancellationToken cancellationToken)
    {
        var (name, sequence, verified) = (head, (long?)null, 0L);
        while (true)
        {
            var (entry, problem) = await ReadAsync(name, source, cancellationToken);
            if (entry is { } read && sequence is not null && read.Sequence != sequence)
            {
                problem = $"has sequence {read.Sequence} where its successor needs {sequence}";
            }

            if (problem is not null)
            {
                return new ChainVerdict(verified, new ChainBreak(name, sequence, problem));
            }

            verified++;
            if (entry!.Value.Previous is not { } previous)
            {
                return new ChainVerdict(verified, null);
            }

            (name, sequence) = (previous, entry.Value.Sequence - 1);
        }
    }

    private static async ValueTask<(ChainEntry? Entry, string? Problem)> ReadAsync(
        Cid name, BlockSource source, CancellationToken cancellationToken)
    {
        if (await source(name, cancellationToken) is not { } block)
        {
            return (null, "is absent");
        }

        if (name.Codec != Codecs.DagCbor || name.Verify(block.Span) != CidVerdict.Match)
        {
            return (null, "is not what its name says");
        }

        try
        {
            return (ChainEntry.Decode(block.Span), null);
        }
        catch (ContentFormatException problem)
        {
            return (null, $"is not a chain entry: {problem.Problem}");
        }
    }
}

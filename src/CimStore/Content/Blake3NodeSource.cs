using System.Diagnostics;

namespace CimStore.Content;

/// <summary>Where a verifier gets nodes from: the whole outboard, a reader, or just those it asked for.</summary>
internal readonly ref struct Blake3NodeSource
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly Blake3NodeReader? _reader;
    private readonly Kind _kind;

    private Blake3NodeSource(Kind kind, ReadOnlySpan<byte> bytes, Blake3NodeReader? reader)
    {
        _kind = kind;
        _bytes = bytes;
        _reader = reader;
    }

    private enum Kind
    {
        Whole,
        Reader,
        Fetched,
    }

    /// <summary>Whether nodes beyond the needed ones can be read, to narrow a fault down.</summary>
    public bool HasAll => _kind != Kind.Fetched;

    public static Blake3NodeSource Whole(ReadOnlySpan<byte> outboard) => new(Kind.Whole, outboard, null);

    public static Blake3NodeSource From(Blake3NodeReader reader) => new(Kind.Reader, default, reader);

    public static Blake3NodeSource Fetched(ReadOnlySpan<byte> nodes) => new(Kind.Fetched, nodes, null);

    /// <param name="offset">The node's place in the outboard.</param>
    /// <param name="ordinal">How many nodes this run has read before: the place among fetched nodes.</param>
    /// <param name="node">64 bytes to fill.</param>
    public void Read(long offset, int ordinal, Span<byte> node)
    {
        Debug.Assert(node.Length == Blake3Outboard.NodeSizeBytes, "A node is read whole.");
        switch (_kind)
        {
            case Kind.Whole:
                _bytes.Slice(checked((int)offset), node.Length).CopyTo(node);
                break;
            case Kind.Fetched:
                _bytes.Slice(ordinal * Blake3Outboard.NodeSizeBytes, node.Length).CopyTo(node);
                break;
            default:
                _reader!(offset, node);
                break;
        }
    }
}

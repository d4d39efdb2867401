namespace CimStore.Content;

/// <summary>Reads a node of an outboard: fills <paramref name="node"/> from <paramref name="offset"/> on.</summary>
public delegate void Blake3NodeReader(long offset, Span<byte> node);

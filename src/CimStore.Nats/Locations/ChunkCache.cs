namespace CimStore.Nats.Locations;

/// <summary>
/// Chunks that were read lately and proved, so that whoever reads on in small steps does not fetch each one anew. A
/// message's bytes never change, so what is here is right for ever.
/// </summary>
internal sealed class ChunkCache(long sizeMaxBytes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, ReadOnlyMemory<byte>> _chunks = [];
    private readonly Queue<ulong> _order = new();
    private long _sizeBytes;

    public bool TryFind(ulong sequence, out ReadOnlyMemory<byte> chunk)
    {
        lock (_gate)
        {
            return _chunks.TryGetValue(sequence, out chunk);
        }
    }

    public void Keep(ulong sequence, ReadOnlyMemory<byte> chunk)
    {
        lock (_gate)
        {
            if (chunk.Length > sizeMaxBytes / 2 || !_chunks.TryAdd(sequence, chunk))
            {
                return;
            }

            _order.Enqueue(sequence);
            _sizeBytes += chunk.Length;
            while (_sizeBytes > sizeMaxBytes)
            {
                if (_chunks.Remove(_order.Dequeue(), out var oldest))
                {
                    _sizeBytes -= oldest.Length;
                }
            }
        }
    }

    public void Forget(ulong sequence)
    {
        lock (_gate)
        {
            if (_chunks.Remove(sequence, out var chunk))
            {
                _sizeBytes -= chunk.Length;
            }
        }
    }
}

using System.Buffers;

namespace CimStore.Content;

/// <summary>A verified block in rented memory; valid until it is disposed.</summary>
public sealed class CarBlock : IDisposable
{
    private readonly int _size;
    private byte[]? _rented;

    internal CarBlock(CarSection section, byte[] rented, int size)
    {
        Section = section;
        _rented = rented;
        _size = size;
    }

    public CarSection Section { get; }

    public Cid Cid => Section.Cid;

    public ReadOnlyMemory<byte> Bytes =>
        (_rented ?? throw new ObjectDisposedException(nameof(CarBlock))).AsMemory(0, _size);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}

namespace CimStore.Bench.Peers;

/// <summary>The keys of the objects put so far, by index: no allocation per object.</summary>
internal sealed class KeyTable(int count)
{
    private readonly byte[] _bytes = TouchedArray.Of<byte>((long)count * ThreeThings.KeySizeBytes);

    public Memory<byte> this[int index] =>
        _bytes.AsMemory(index * ThreeThings.KeySizeBytes, ThreeThings.KeySizeBytes);
}

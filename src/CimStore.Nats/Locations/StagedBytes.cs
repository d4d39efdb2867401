using System.Buffers;

namespace CimStore.Nats.Locations;

/// <summary>Small content while it is written: rented memory that grows up to a limit.</summary>
internal sealed class StagedBytes(int sizeMaxBytes) : IDisposable
{
    private const int FirstBytes = 16 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Math.Min(FirstBytes, sizeMaxBytes));

    public int SizeBytes { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, SizeBytes);

    /// <returns>False when it does not fit; then nothing of it was taken.</returns>
    public bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > sizeMaxBytes - SizeBytes)
        {
            return false;
        }

        if (bytes.Length > _bytes.Length - SizeBytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(SizeBytes + bytes.Length, _bytes.Length * 2));
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        bytes.CopyTo(_bytes.AsSpan(SizeBytes));
        SizeBytes += bytes.Length;
        return true;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        SizeBytes = 0;
    }
}

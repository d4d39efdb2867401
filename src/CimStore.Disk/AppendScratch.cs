namespace CimStore.Disk;

/// <summary>Room for one sealed entry; used only under the log's lock, so one for all is enough.</summary>
internal sealed class AppendScratch
{
    private byte[] _bytes = new byte[2048];

    public Span<byte> Room(int size)
    {
        if (_bytes.Length < size)
        {
            _bytes = new byte[size * 2];
        }

        return _bytes;
    }
}

namespace CimStore.Locations;

/// <summary>
/// Bytes are not what their CID, tree or checksum says. Never retried in place, never read as "absent".
/// </summary>
public sealed class IntegrityException : Exception
{
    public IntegrityException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

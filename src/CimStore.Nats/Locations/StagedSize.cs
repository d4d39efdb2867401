using CimStore.Locations;

namespace CimStore.Nats.Locations;

internal static class StagedSize
{
    /// <exception cref="ArgumentException">The manifest speaks of another content than was written.</exception>
    public static void Require(CopyManifest manifest, long writtenBytes)
    {
        if ((manifest.StoredBytes ?? manifest.SizeBytes) != writtenBytes)
        {
            throw new ArgumentException(
                $"{writtenBytes} bytes were written, not {manifest.StoredBytes ?? manifest.SizeBytes}.");
        }
    }
}

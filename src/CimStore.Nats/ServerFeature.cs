namespace CimStore.Nats;

/// <summary>What a NATS server can do from some version on. Older ones accept the setting and drop it in silence.
/// </summary>
public enum ServerFeature
{
    /// <summary>Notes that a stream carries of itself.</summary>
    StreamMetadata,

    /// <summary>Streams compressed by the server.</summary>
    StreamCompression,

    /// <summary>An acknowledgement that waited for the disk (<c>sync_interval: always</c>).</summary>
    SyncAlways,

    /// <summary>Messages and keys with a life of their own.</summary>
    MessageTtl,

    /// <summary>Several messages at once, all or nothing.</summary>
    AtomicPublish,
}

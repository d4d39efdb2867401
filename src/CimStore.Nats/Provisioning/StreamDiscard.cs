namespace CimStore.Nats.Provisioning;

/// <summary>What goes when a stream has reached a limit.</summary>
public enum StreamDiscard
{
    /// <summary>The oldest messages.</summary>
    Old,

    /// <summary>What comes: it is refused.</summary>
    New,
}

namespace CimStore.Nats.Provisioning;

/// <summary>The streams that every installation has.</summary>
public static class ReadyStreams
{
    /// <summary>Events of storage and of the other contexts: thirty days or ten million, whichever comes first (D18).
    /// </summary>
    public static StreamDescription Events(int replicas) => new()
    {
        Name = "CIM-EVENTS",
        Subjects = ["events.>"],
        Description = "What happened",
        MaxMessages = 10_000_000,
        MaxAge = TimeSpan.FromDays(30),
        MaxMessageBytes = 1 << 20,
        Replicas = replicas,
    };

    /// <summary>Reads, sampled; on subjects of their own, which may not lie below <c>events.</c> (D17).</summary>
    public static StreamDescription Reads(int replicas) => new()
    {
        Name = "CIM-READS",
        Subjects = ["reads.storage.>"],
        Description = "What was read, sampled",
        MaxMessages = 1_000_000,
        MaxAge = TimeSpan.FromDays(1),
        MaxMessageBytes = 64 * 1024,
        Replicas = replicas,
    };
}

namespace CimStore.Nats.Provisioning;

public enum StreamRetention
{
    /// <summary>Until a limit is reached.</summary>
    Limits,

    /// <summary>Until every consumer has had it.</summary>
    Interest,

    /// <summary>Until one consumer has had it.</summary>
    WorkQueue,
}

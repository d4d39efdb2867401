namespace CimStore.Nats.Provisioning;

public enum StreamStorage
{
    File,

    /// <summary>Gone with the server.</summary>
    Memory,
}

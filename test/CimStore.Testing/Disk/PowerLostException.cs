namespace CimStore.Testing.Disk;

/// <summary>The simulated machine is off; not an error the store could handle.</summary>
internal sealed class PowerLostException() : Exception("The simulated power is gone.");

namespace CimStore.Testing.Faults;

/// <summary>The simulated process is dead: whoever still runs in it must get nothing done.</summary>
public sealed class ProcessDiedException(string at) : Exception($"The process died at {at}.");

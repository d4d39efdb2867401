namespace CimStore.Testing.Disk;

/// <summary>
/// A simulated accident left a disk that breaks a promise the store gave; the message tells how to see it again.
/// </summary>
internal sealed class PromiseBrokenException(string message, Exception inner)
    : Exception($"{message} {inner.Message}", inner);

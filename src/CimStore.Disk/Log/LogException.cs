namespace CimStore.Disk.Log;

/// <summary>The log refused or failed.</summary>
internal sealed class LogException(LogFault fault, CommitState state, string message, Exception? inner = null)
    : IOException(message, inner)
{
    public const string DiskFullText = "The disk is full; nothing was stored. Reading goes on; free some space.";

    public LogFault Fault { get; } = fault;

    public CommitState State { get; } = state;
}

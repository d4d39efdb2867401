using Microsoft.Extensions.Logging;

namespace CimStore.Nats;

/// <summary>Log lines of the journal; event ids 5200..5299.</summary>
internal static partial class Log
{
    [LoggerMessage(
        5200, LogLevel.Error,
        "The journal {Stream} cannot be read at message {Sequence}; this node knows nothing newer: {Cause}")]
    public static partial void JournalUnreadable(ILogger logger, string stream, ulong sequence, string cause);

    [LoggerMessage(
        5201, LogLevel.Warning, "The journal {Stream} is away at message {Sequence}, and is asked again: {Cause}")]
    public static partial void JournalAway(ILogger logger, string stream, ulong sequence, string cause);
}

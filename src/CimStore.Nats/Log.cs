using Microsoft.Extensions.Logging;

namespace CimStore.Nats;

/// <summary>Log lines of NATS; event ids 5000..5999.</summary>
internal static partial class Log
{
    [LoggerMessage(5000, LogLevel.Information, "Stream {Stream} was made, with {Replicas} replicas")]
    public static partial void StreamMade(ILogger logger, string stream, int replicas);

    [LoggerMessage(5001, LogLevel.Information, "Stream {Stream} was updated: {Differences}")]
    public static partial void StreamUpdated(ILogger logger, string stream, string differences);

    [LoggerMessage(5002, LogLevel.Warning, "Stream {Stream} is weaker than described: {Degradation}")]
    public static partial void LeftOut(ILogger logger, string stream, string degradation);
}

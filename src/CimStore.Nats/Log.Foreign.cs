using Microsoft.Extensions.Logging;

namespace CimStore.Nats;

/// <summary>Log lines of events of other contexts; event ids 5120..5139.</summary>
internal static partial class Log
{
    [LoggerMessage(5120, LogLevel.Information, "Events of other contexts are taken on {Subjects}; stream: {Stream}")]
    public static partial void ForeignTaken(ILogger logger, string subjects, string stream);

    [LoggerMessage(5121, LogLevel.Warning, "An event on {Subject} is tried again in {Seconds} s: {Code}")]
    public static partial void ForeignAgain(ILogger logger, string subject, string code, double seconds);

    [LoggerMessage(5122, LogLevel.Error,
        "An event on {Subject} was given up: nobody keeps it but the stream of dead letters: {Code}: {Reason}")]
    public static partial void ForeignGivenUp(ILogger logger, string subject, string code, string reason);

    [LoggerMessage(5123, LogLevel.Error,
        "An event on {Subject} was lost: more came than this node works on, and the server keeps none of them")]
    public static partial void ForeignDropped(ILogger logger, string subject);

    [LoggerMessage(5124, LogLevel.Warning, "Events of other contexts are not taken from a stream: {Cause}")]
    public static partial void ForeignStreamAway(ILogger logger, string cause);

    [LoggerMessage(5125, LogLevel.Warning, "The dead letter {Id} is kept and could not be told of: {Cause}")]
    public static partial void DeadLetterUntold(ILogger logger, string id, string cause);

    [LoggerMessage(5126, LogLevel.Warning, "The answer to an event on {Subject} could not be sent: {Reason}")]
    public static partial void ForeignAnswerLost(ILogger logger, string subject, string reason);

    [LoggerMessage(5127, LogLevel.Error, "An event on {Subject} failed unexpectedly")]
    public static partial void ForeignFailed(ILogger logger, Exception failure, string subject);
}

using Microsoft.Extensions.Logging;

namespace CimStore.Nats;

/// <summary>Log lines of commands and events on NATS; event ids 5100..5199.</summary>
internal static partial class Log
{
    [LoggerMessage(5100, LogLevel.Information, "Commands are answered on {Subjects} in the group {Group}")]
    public static partial void CommandsAnswered(ILogger logger, string subjects, string group);

    [LoggerMessage(5101, LogLevel.Debug, "{Command} {CommandId} of correlation {CorrelationId}: {Status} {Code}")]
    public static partial void CommandDone(
        ILogger logger, string command, string commandId, string correlationId, string status, string code);

    [LoggerMessage(5102, LogLevel.Error, "{Command} {CommandId} of correlation {CorrelationId} failed unexpectedly")]
    public static partial void CommandFailed(
        ILogger logger, Exception failure, string command, string commandId, string correlationId);

    [LoggerMessage(5103, LogLevel.Warning,
        "{Command} {CommandId} of correlation {CorrelationId} was done, and its answer could not be sent: {Reason}")]
    public static partial void AnswerLost(
        ILogger logger, string command, string commandId, string correlationId, string reason);

    [LoggerMessage(5110, LogLevel.Information, "Events are published; those up to lsn {Lsn} are in the streams")]
    public static partial void OutboxGoesOn(ILogger logger, ulong lsn);

    [LoggerMessage(5111, LogLevel.Warning,
        "Events are not published now; the journal keeps them, and they follow: {Cause}")]
    public static partial void OutboxBroken(ILogger logger, string cause);
}

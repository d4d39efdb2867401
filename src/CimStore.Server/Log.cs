using Microsoft.Extensions.Logging;

namespace CimStore.Server;

/// <summary>Log lines of the server; event ids 4000..4999.</summary>
internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Error, "A request failed unexpectedly")]
    public static partial void Bug(ILogger logger, Exception failure);

    [LoggerMessage(4001, LogLevel.Warning, "The answer to {Path} was cut after it had begun: {Detail}")]
    public static partial void AnswerCut(ILogger logger, string path, string detail);

    [LoggerMessage(4002, LogLevel.Information, "Upload {Id} was given up: {Reason}")]
    public static partial void UploadGivenUp(ILogger logger, string id, string reason);

    [LoggerMessage(4003, LogLevel.Information, "Listening on {Addresses}")]
    public static partial void Listening(ILogger logger, string addresses);

    [LoggerMessage(4004, LogLevel.Error, "Giving back space failed; it is tried again at the next interval")]
    public static partial void CollectFailed(ILogger logger, Exception failure);

    [LoggerMessage(4005, LogLevel.Error, "The upload {Id} cannot be read and is kept: {Path}: {Cause}")]
    public static partial void UploadUnreadable(ILogger logger, string id, string path, string cause);

    [LoggerMessage(4006, LogLevel.Error, "Work on the tiers failed; it is tried again in the next cycle")]
    public static partial void CycleFailed(ILogger logger, Exception failure);

    [LoggerMessage(4007, LogLevel.Warning, "An event could not be translated and is kept as {Id}: {Code}")]
    public static partial void DeadLetterKept(ILogger logger, string id, string code);

    [LoggerMessage(4008, LogLevel.Error, "The dead letter {Id} cannot be read and is kept: {Path}: {Cause}")]
    public static partial void DeadLetterUnreadable(ILogger logger, string id, string path, string cause);

    [LoggerMessage(4009, LogLevel.Warning, "The translation rules {Path}:{Finding}")]
    public static partial void TranslationWarning(ILogger logger, string path, string finding);

    [LoggerMessage(4010, LogLevel.Warning, "The catalog and the locations do not agree: {Detail}")]
    public static partial void LocationsDiffer(ILogger logger, string detail);

    [LoggerMessage(4011, LogLevel.Warning, "Found at the start: {Finding}")]
    public static partial void FoundAtStart(ILogger logger, string finding);

    [LoggerMessage(4012, LogLevel.Warning, "NATS does not answer; commands there wait until it does: {Cause}")]
    public static partial void NatsAway(ILogger logger, string cause);

    [LoggerMessage(4013, LogLevel.Warning, "Commands on NATS: {Finding}")]
    public static partial void CommandsCaptured(ILogger logger, string finding);
}

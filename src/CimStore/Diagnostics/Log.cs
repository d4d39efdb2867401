using Microsoft.Extensions.Logging;

namespace CimStore.Diagnostics;

/// <summary>Log lines of the engine; event ids 1000..1999.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Error, "The copy of {Cid} at {Location} is bad and was quarantined: {Detail}")]
    public static partial void CopyQuarantined(ILogger logger, string cid, string location, string detail);

    [LoggerMessage(
        1013, LogLevel.Error,
        "The copy of {Cid} at {Location} is bad ({Detail}), and that could not be journaled: {Why} It is read again")]
    public static partial void QuarantineNotTold(
        ILogger logger, string cid, string location, string detail, string why);

    [LoggerMessage(
        1001, LogLevel.Information, "Released {Count} objects after their grace; {SizeBytes} bytes given back")]
    public static partial void Collected(ILogger logger, int count, long sizeBytes);

    [LoggerMessage(1002, LogLevel.Information, "Open at position {Position}; the default class is {Class}")]
    public static partial void Opened(ILogger logger, ulong position, string @class);

    [LoggerMessage(
        1003, LogLevel.Warning, "The clock is behind what the journal has seen; graces wait until it catches up")]
    public static partial void ClockBehind(ILogger logger);

    [LoggerMessage(1004, LogLevel.Warning, "The cached bytes of {Cid} changed in memory; it is read anew")]
    public static partial void CacheRotted(ILogger logger, string cid);

    [LoggerMessage(
        1005, LogLevel.Warning, "The clock leapt ahead; graces go on without the leap until it has stood for a day")]
    public static partial void ClockDoubted(ILogger logger);

    [LoggerMessage(1006, LogLevel.Warning, "A copy of {Cid} at {Location} could not be made: {Detail}")]
    public static partial void CopyFailed(ILogger logger, string cid, string location, string detail);

    [LoggerMessage(
        1007, LogLevel.Warning,
        "The copy of {Cid} at {Location} was given up, and its bytes are still there as garbage: {Detail}")]
    public static partial void BytesLeft(ILogger logger, string cid, string location, string detail);

    [LoggerMessage(1008, LogLevel.Information, "{Cid} moved {Move}: {Reason}")]
    public static partial void Moved(ILogger logger, string cid, string move, string reason);

    [LoggerMessage(1009, LogLevel.Warning, "{Cid} could not be moved to {Tier}: {Reason}")]
    public static partial void NotMoved(ILogger logger, string cid, string tier, string reason);

    [LoggerMessage(
        1010, LogLevel.Warning,
        "The copy of {Cid} at {Location} can be read and lacks parts; they are made again: {Detail}")]
    public static partial void PartsLacking(ILogger logger, string cid, string location, string detail);

    [LoggerMessage(1011, LogLevel.Warning, "Giving back the space of garbage at {Location} failed: {Detail}")]
    public static partial void TidyFailed(ILogger logger, string location, string detail);

    [LoggerMessage(1012, LogLevel.Warning, "A copy of {Cid} at {Location} that no record names was released")]
    public static partial void StrayReleased(ILogger logger, string cid, string location);

    [LoggerMessage(
        1040, LogLevel.Warning,
        "{Location} is filled to the share {Share:0.000}, its limit is {Limit:0.000}: it takes nothing new")]
    public static partial void IntakeStopped(ILogger logger, string location, double share, double limit);

    [LoggerMessage(1041, LogLevel.Information, "{Location} takes new content again; it is filled to {Share:0.000}")]
    public static partial void IntakeResumed(ILogger logger, string location, double? share);

    [LoggerMessage(
        1042, LogLevel.Warning,
        "Gave up {Count} copies of {SizeBytes} bytes at {Location}, which was full, and whose objects have enough "
        + "verified copies elsewhere; it is filled to {Share:0.000} now")]
    public static partial void Evicted(ILogger logger, int count, long sizeBytes, string location, double share);

    [LoggerMessage(
        1043, LogLevel.Error,
        "{Location} is full, filled to {Share:0.000}, and every copy there is needed: delete content or add space")]
    public static partial void NothingToEvict(ILogger logger, string location, double share);

    [LoggerMessage(
        1050, LogLevel.Error,
        "A copy of {Cid} at {Location} is bad and was not admitted to the catalog; it was left as it is: {Detail}")]
    public static partial void CopyNotAdmitted(ILogger logger, string cid, string location, string detail);

    [LoggerMessage(1060, LogLevel.Error, "The job {Job}, a {Kind}, failed unexpectedly; the others go on")]
    public static partial void JobFailed(ILogger logger, string job, string kind, Exception failure);
}

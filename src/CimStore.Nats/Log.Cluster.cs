using Microsoft.Extensions.Logging;

namespace CimStore.Nats;

/// <summary>Log lines of the cluster; event ids 5300..5399.</summary>
internal static partial class Log
{
    [LoggerMessage(5300, LogLevel.Information, "This node does the work {Work} from now on")]
    public static partial void LeaseTaken(ILogger logger, string work);

    [LoggerMessage(5301, LogLevel.Information, "This node does not do the work {Work} any more")]
    public static partial void LeaseGivenUp(ILogger logger, string work);
}

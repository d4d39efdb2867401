using CimStore.Locations;
using Microsoft.Extensions.Logging;

namespace CimStore.S3;

/// <summary>Messages 6000 to 6999; docs/operations.md lists them.</summary>
internal static partial class Log
{
    [LoggerMessage(6000, LogLevel.Information, "{Location} answers at {Endpoint}; it was seen to: {Abilities}")]
    public static partial void Answers(ILogger log, LocationId location, string endpoint, S3Abilities abilities);

    [LoggerMessage(6001, LogLevel.Information, "The upload of {Key} at {Location} goes on: {There} of {Parts} parts")]
    public static partial void UploadGoesOn(ILogger log, string key, LocationId location, int there, int parts);

    [LoggerMessage(
        6002, LogLevel.Information, "An upload of {Key} at {Location} that nobody went on with was given up")]
    public static partial void UploadGivenUp(ILogger log, string key, LocationId location);

    [LoggerMessage(6003, LogLevel.Warning, "The object {Key} at {Location} is not one of ours; it is kept")]
    public static partial void Foreign(ILogger log, string key, LocationId location);
}
